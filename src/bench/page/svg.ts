import { escapeXml } from '../../util/text.ts';

/** A coordinate, to a tenth of a pixel. */
export function px(value: number): string {
	return String(Math.round(value * 10) / 10);
}

/** @param label - Description for screen readers. */
export function svg(width: number, height: number, label: string, body: string): string {
	return `<svg viewBox="0 0 ${width} ${px(height)}" role="img" aria-label="${escapeXml(label)}">${body}</svg>`;
}

export interface TextOptions {
	readonly anchor?: 'start' | 'middle' | 'end';
	readonly className?: string;
}

export function text(
	x: number,
	y: number,
	content: string,
	{ anchor = 'start', className = '' }: TextOptions = {},
): string {
	const classes = className === '' ? '' : ` class="${className}"`;
	return `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}"${classes}>${escapeXml(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
	return `<path class="${className}" d="${linePath(x1, y1, x2, y2)}"/>`;
}

export function linePath(x1: number, y1: number, x2: number, y2: number): string {
	return `M${px(x1)} ${px(y1)}L${px(x2)} ${px(y2)}`;
}

export function rect(box: Box, className: string): string {
	return `<path class="${className}" d="${boxPath(box)}"/>`;
}

export interface Box {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

export function boxPath({ x, y, width, height }: Box): string {
	return `M${px(x)} ${px(y)}h${px(width)}v${px(height)}h${px(-width)}z`;
}

/** A path through points. */
export function polyline(points: readonly (readonly [number, number])[]): string {
	return points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${px(x)} ${px(y)}`).join('');
}

/** A step path, which keeps its height until the next point. */
export function steps(points: readonly (readonly [number, number])[]): string {
	return points
		.map(([x, y], at) => (at === 0 ? `M${px(x)} ${px(y)}` : `H${px(x)}V${px(y)}`))
		.join('');
}

/** The plot area of a panel. */
export interface Frame {
	readonly left: number;
	readonly top: number;
	readonly right: number;
	readonly bottom: number;
}

/** Vertical lines with labels below. */
export function xAxis(scale: Scale, frame: Frame, label: (value: number) => string): string {
	return scale.ticks
		.map(
			(tick) =>
				line(scale(tick), frame.top, scale(tick), frame.bottom, 'grid') +
				text(scale(tick), frame.bottom + 14, label(tick), { anchor: 'middle' }),
		)
		.join('');
}

/** Horizontal lines with labels at the left. */
export function yAxis(scale: Scale, frame: Frame, label: (value: number) => string): string {
	return scale.ticks
		.map(
			(tick) =>
				line(frame.left, scale(tick), frame.right, scale(tick), 'grid') +
				text(frame.left - 5, scale(tick) + 4, label(tick), { anchor: 'end' }),
		)
		.join('');
}

/** `250 ms`, `1.5 s`: round values only. */
export function tickMs(ms: number): string {
	return ms !== 0 && ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** Maps values to coordinates. */
export interface Scale {
	(value: number): number;
	/** Values with a line and a label, ascending. */
	readonly ticks: readonly number[];
}

/** @param domain - First and last value; `range` has their coordinates. */
export function linearScale(domain: Pair, range: Pair, ticks: number = 5): Scale {
	const [from, to] = domain;
	const [start, end] = range;
	const width = to - from || 1;
	const scale = (value: number) => start + ((value - from) / width) * (end - start);
	return Object.assign(scale, { ticks: niceTicks(from, to, ticks) });
}

/** @param domain - First and last value, above 0. */
export function logScale(domain: Pair, range: Pair): Scale {
	const inner = linearScale([Math.log10(domain[0]), Math.log10(domain[1])], range);
	const scale = (value: number) => inner(Math.log10(Math.max(value, domain[0] / 1e6)));
	return Object.assign(scale, { ticks: logTicks(...domain) });
}

type Pair = readonly [number, number];

/** About `count` round values. */
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

/** 1, 2 and 5 times each power of ten; more factors for a short domain, only the powers for a long one. */
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
