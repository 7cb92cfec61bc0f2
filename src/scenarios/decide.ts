import { type CompiledRule, compileRule } from './compile-rule.ts';
import { draw } from './draw.ts';
import { drawLatencyMs } from './draw-latency.ts';
import type { BodyPhase, Fault, Scenario } from './scenario.ts';

/** What becomes of one attempt on one path. Plain data. */
export interface Decision {
	/** From request to headers, delays included. */
	readonly latencyMs: number;
	/** Delays after the headers, in file order. */
	readonly pauses: readonly Pause[];
	/** The least of all that apply; absent: no limit. */
	readonly bytesPerSecond?: number;
	/** The rule that claimed the attempt, and what it does; absent: answered truthfully. */
	readonly claim?: Claim;
}

export interface Pause {
	readonly at: 'after-headers' | BodyPhase;
	readonly ms: number;
}

export interface Claim {
	readonly rule: string;
	readonly fault: Fault;
}

/**
 * @param path - One that the server has, without query.
 * @param attempt - From 1.
 */
export type Decide = (path: string, attempt: number) => Decision;

/**
 * The faults of a scenario as a pure function of (seed, rule, path, attempt).
 *
 * @param codes - Of all flags that the server has, for `select.exactly`.
 */
export function createDecide(scenario: Scenario, codes: readonly string[]): Decide {
	const rules = scenario.rules.map((rule) => compileRule(rule, scenario.seed, codes));
	const known = new Map<string, Decision>();

	return (path, attempt) => {
		const key = `${attempt} ${path}`;
		// Hashes cost more than an answer does, and runs meet the same attempts again and again.
		const decision = known.get(key) ?? decideAttempt(scenario, rules, path, attempt);
		if (attempt <= REMEMBERED_ATTEMPTS) {
			known.set(key, decision);
		}
		return decision;
	};
}

const REMEMBERED_ATTEMPTS = 16;

function decideAttempt(
	{ seed, latency, limits }: Scenario,
	rules: readonly CompiledRule[],
	path: string,
	attempt: number,
): Decision {
	const roll = (rule: string) => draw({ seed, rule, path, attempt, dimension: 'latency' });
	let latencyMs = latency === undefined ? 0 : drawLatencyMs(latency, roll(''));
	let bytesPerSecond = limits.bytesPerSecond ?? Number.POSITIVE_INFINITY;
	let claim: Claim | undefined;
	const pauses: Pause[] = [];

	for (const { rule, selects } of rules) {
		const { id, action } = rule;
		const claims = action.type !== 'delay' && action.type !== 'bandwidth';
		if ((claims && claim !== undefined) || !selects(path, attempt)) {
			continue;
		}

		if (claims) {
			claim = { rule: id, fault: action };
		} else if (action.type === 'bandwidth') {
			bytesPerSecond = Math.min(bytesPerSecond, action.bytesPerSecond);
		} else {
			const ms = drawLatencyMs(action.time, roll(id));
			if (action.at === 'before-headers') {
				latencyMs += ms;
			} else {
				pauses.push({ at: action.at, ms });
			}
		}
	}

	return {
		// Sums of hundredths are not exact.
		latencyMs: Math.round(latencyMs * 100) / 100,
		pauses,
		...(bytesPerSecond !== Number.POSITIVE_INFINITY && { bytesPerSecond }),
		...(claim !== undefined && { claim }),
	};
}
