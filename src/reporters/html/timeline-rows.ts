import type { Attempt, Outcome } from '../../download/outcome.ts';

const MOST_ROWS = 240;

/** Part of an attempt, as it is painted. Times are milliseconds since the Unix epoch. */
export interface Phase {
	readonly kind: 'idle' | 'connect' | 'wait' | 'receive' | 'write' | 'failed';
	readonly startMs: number;
	readonly endMs: number;
}

/** What attempts tell about an outcome, for the timeline. */
export function phasesOf({ attempts, startMs, endMs, failure }: Outcome): readonly Phase[] {
	if (attempts === undefined || attempts.length === 0) {
		return [{ kind: failure === undefined ? 'wait' : 'failed', startMs, endMs }];
	}
	return attempts.flatMap(attemptPhases);
}

function attemptPhases(attempt: Attempt): readonly Phase[] {
	const { startMs, endMs, waitedMs, code } = attempt;
	const idle: Phase = { kind: 'idle', startMs: startMs - waitedMs, endMs: startMs };
	if (code !== undefined) {
		return [idle, { kind: 'failed', startMs, endMs }];
	}

	const connected = attempt.reused === true ? startMs : (attempt.connectedMs ?? startMs);
	const headers = attempt.headersMs ?? endMs;
	const body = attempt.bodyMs ?? endMs;
	return [
		idle,
		{ kind: 'connect', startMs, endMs: connected },
		{ kind: 'wait', startMs: connected, endMs: headers },
		{ kind: 'receive', startMs: headers, endMs: body },
		{ kind: 'write', startMs: body, endMs },
	];
}

/**
 * Remembers the outcomes that a timeline shows: those with trouble first, then the first ones.
 */
export class TimelineRows {
	readonly #troubled: Outcome[] = [];
	readonly #others: Outcome[] = [];
	#count = 0;

	add(outcome: Outcome): void {
		if (outcome.requests === 0 && (outcome.attempts ?? []).length === 0) {
			return;
		}
		this.#count += 1;
		const troubled = outcome.retries > 0 || outcome.failure !== undefined;
		const rows = troubled ? this.#troubled : this.#others;
		if (rows.length < MOST_ROWS) {
			rows.push(outcome);
		}
	}

	/** Number of outcomes that could have been shown. */
	get count(): number {
		return this.#count;
	}

	/** In order of their beginning. */
	rows(): readonly Outcome[] {
		return [...this.#troubled, ...this.#others]
			.slice(0, MOST_ROWS)
			.sort((a, b) => a.startMs - b.startMs);
	}
}
