import type { Target } from '../targets/target.ts';
import { Doing } from './doing.ts';
import type { InFlight, Wait } from './in-flight.ts';
import type { OriginLimiter } from './origin/limiter.ts';
import { nowMs } from './outcome.ts';

/** What takes no longer than this is nobody's concern. */
const PATIENCE_MS = 2000;
const MOST = 3;

/** Is handed the question that it may ask while the downloads run, some times a second. */
export type Watch = (slowest: Slowest) => void;

/** @returns At most three targets in flight for longer than two seconds, the slowest first. */
export type Slowest = () => readonly InFlight[];

/** What the downloads of one thread are doing; there is none where nobody watches. */
export class Activity {
	readonly #limiter: OriginLimiter;
	readonly #open = new Set<Doing>();

	constructor(limiter: OriginLimiter) {
		this.#limiter = limiter;
	}

	begin(target: Target): Doing {
		const doing = new Doing(target);
		this.#open.add(doing);
		return doing;
	}

	end(doing: Doing): void {
		this.#open.delete(doing);
	}

	/** What {@link Slowest} says. To be asked regularly: silence is seen by comparing. */
	slowest(atMs: number = nowMs()): readonly InFlight[] {
		const seen = [...this.#open].map((doing) => doing.look(atMs));
		return slowestOf(
			seen.filter((one) => one !== undefined),
			this.#limiter,
			atMs,
		);
	}
}

/** @param limiter - Says why it makes requests wait. */
export function slowestOf(
	seen: readonly InFlight[],
	limiter: OriginLimiter,
	atMs: number = nowMs(),
): readonly InFlight[] {
	const targets = new Map<number, InFlight>();
	const slow = seen.filter(({ startMs }) => atMs - startMs > PATIENCE_MS);
	for (const one of slow.sort((a, b) => a.startMs - b.startMs)) {
		const first = targets.get(one.index);
		if (first === undefined) {
			targets.set(one.index, one);
		}
		// Of several mirrors the one that delivers says how the target is.
		else if (one.wait.kind === 'body') {
			targets.set(one.index, { ...first, wait: one.wait });
		}
	}
	return [...targets.values()]
		.slice(0, MOST)
		.map((one) => ({ ...one, wait: explained(one.wait, limiter) }));
}

function explained(wait: Wait, limiter: OriginLimiter): Wait {
	if (wait.kind !== 'origin') {
		return wait;
	}
	const throttle = limiter.throttleOf?.(wait.origin);
	return throttle === undefined ? wait : { ...wait, throttle };
}
