/** From values to places in a drawing. */
export interface Scale {
	(value: number): number;
	/** Values worth a line and a label, ascending. */
	readonly ticks: readonly number[];
}

/** @param domain - From, to; the first of `range` is the place of the first. */
export function linearScale(domain: Pair, range: Pair, ticks: number = 5): Scale {
	const [from, to] = domain;
	const [start, end] = range;
	const width = to - from || 1;
	const scale = (value: number) => start + ((value - from) / width) * (end - start);
	return Object.assign(scale, { ticks: niceTicks(from, to, ticks) });
}

/** @param domain - More than 0. */
export function logScale(domain: Pair, range: Pair): Scale {
	const inner = linearScale([Math.log10(domain[0]), Math.log10(domain[1])], range);
	const scale = (value: number) => inner(Math.log10(Math.max(value, domain[0] / 1e6)));
	return Object.assign(scale, { ticks: logTicks(...domain) });
}

export type Pair = readonly [number, number];

/** Round values, about so many. */
function niceTicks(from: number, to: number, count: number): readonly number[] {
	const raw = (to - from || 1) / count;
	const power = 10 ** Math.floor(Math.log10(raw));
	const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * 0.95) ?? 10) * power;
	const first = Math.ceil(from / step - 1e-9);
	const last = Math.floor(to / step + 1e-9);
	return Array.from({ length: last - first + 1 }, (_, at) =>
		Number(((first + at) * step).toPrecision(12)),
	);
}

/** 1, 2 and 5 of each power of ten; more where those are few, only the powers where they are many. */
function logTicks(from: number, to: number): readonly number[] {
	const decades = Math.log10(to / from);
	const factors = decades > 3.5 ? [1] : decades > 1 ? [1, 2, 5] : [1, 1.5, 2, 3, 5, 7];
	const ticks: number[] = [];
	for (let power = Math.floor(Math.log10(from)); 10 ** power <= to; power += 1) {
		for (const factor of factors) {
			const tick = Number((factor * 10 ** power).toPrecision(12));
			if (tick >= from * (1 - 1e-9) && tick <= to * (1 + 1e-9)) {
				ticks.push(tick);
			}
		}
	}
	return ticks;
}
