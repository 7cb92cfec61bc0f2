import { draw, drawLatencyMs } from './draw.ts';
import type { BodyPhase, Fault, Rule, Scenario } from './scenario.ts';
import { FLAGS, matches, matchingFiles, type ServedFiles } from './served-files.ts';

/** What becomes of one attempt on one path. Plain data. */
export interface Decision {
	/** From request to headers, delays included. */
	readonly latencyMs: number;
	/** Delays after the headers, in file order. */
	readonly pauses: readonly Pause[];
	/** The least of all that apply; absent: no limit. */
	readonly bytesPerSecond?: number;
	/** Slower from a place on. */
	readonly trickles?: readonly Trickle[];
	/** The rule that claimed the attempt, and what it does; absent: answered truthfully. */
	readonly claim?: Claim;
}

export interface Pause {
	readonly at: 'after-headers' | BodyPhase;
	readonly ms: number;
}

export interface Trickle {
	readonly after: BodyPhase;
	readonly bytesPerSecond: number;
}

export interface Claim {
	readonly rule: string;
	readonly fault: Fault;
}

/**
 * @param path - One that the server has, without query.
 * @param attempt - From 1.
 * @param drawn - What the dice are rolled for, where it is more than the path.
 */
export type Decide = (path: string, attempt: number, drawn?: string) => Decision;

/**
 * The faults of a scenario as a pure function of (seed, rule, path, attempt).
 *
 * @param files - All that the server has, for `select.exactly`.
 */
export function createDecide(scenario: Scenario, files: ServedFiles = FLAGS): Decide {
	const rules = scenario.rules.map((rule) => compileRule(rule, scenario.seed, files));
	const known = new Map<string, Decision>();

	if (files.areOthers === true) {
		// There is no end of paths, and what is remembered would have none.
		return (path, attempt, drawn = path) =>
			decideAttempt(scenario, rules, { path, drawn }, attempt);
	}
	return (path, attempt) => {
		const key = `${attempt} ${path}`;
		// Hashes cost more than an answer does, and runs meet the same attempts again and again.
		const decision =
			known.get(key) ?? decideAttempt(scenario, rules, { path, drawn: path }, attempt);
		if (attempt <= REMEMBERED_ATTEMPTS) {
			known.set(key, decision);
		}
		return decision;
	};
}

/** Whether it decides what the answer is, as only one rule can; others slow it down. */
export function isFault(action: Rule['action']): action is Fault {
	return action.type !== 'delay' && action.type !== 'bandwidth';
}

const REMEMBERED_ATTEMPTS = 16;

function decideAttempt(
	{ seed, latency, limits }: Scenario,
	rules: readonly CompiledRule[],
	{ path, drawn }: { readonly path: string; readonly drawn: string },
	attempt: number,
): Decision {
	const roll = (rule: string) => draw({ seed, rule, path: drawn, attempt, dimension: 'latency' });
	let latencyMs = latency === undefined ? 0 : drawLatencyMs(latency, roll(''));
	let bytesPerSecond = limits.bytesPerSecond ?? Number.POSITIVE_INFINITY;
	let claim: Claim | undefined;
	const pauses: Pause[] = [];
	const trickles: Trickle[] = [];

	for (const { rule, selects } of rules) {
		const { id, action } = rule;
		if ((isFault(action) && claim !== undefined) || !selects(path, attempt, drawn)) {
			continue;
		}

		if (isFault(action)) {
			claim = { rule: id, fault: action };
		} else if (action.type === 'bandwidth' && action.after !== undefined) {
			trickles.push({ after: action.after, bytesPerSecond: action.bytesPerSecond });
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
		...(trickles.length > 0 && { trickles }),
		...(claim !== undefined && { claim }),
	};
}

export interface CompiledRule {
	readonly rule: Rule;
	readonly selects: (path: string, attempt: number, drawn: string) => boolean;
}

/** Computes once what does not depend on the attempt. */
function compileRule(rule: Rule, seed: number, files: ServedFiles): CompiledRule {
	const { from, to = Number.POSITIVE_INFINITY } = rule.attempts;
	const isChosen = chooser(rule, seed, files);

	return {
		rule,
		selects: (path, attempt, drawn) =>
			attempt >= from && attempt <= to && isChosen(path, attempt, drawn),
	};
}

function chooser(
	{ id, match, select }: Rule,
	seed: number,
	files: ServedFiles,
): CompiledRule['selects'] {
	const roll = (path: string, attempt: number) =>
		draw({ seed, rule: id, path, attempt, dimension: 'select' });

	if (select === undefined) {
		return (path) => matches(match, path);
	}
	if ('probability' in select) {
		return (path, attempt, drawn) =>
			matches(match, path) && roll(drawn, attempt) < select.probability;
	}

	// Those with the lowest hash: an exact number, whatever the seed.
	const ranked = matchingFiles(match, files)
		.map((path) => ({ path, rank: roll(path, 0) }))
		.sort((a, b) => a.rank - b.rank);
	const chosen = new Set(ranked.slice(0, select.exactly).map(({ path }) => path));
	return (path) => chosen.has(path);
}

/** Never the whole body: an answer that arrived is no fault. */
export function bodyOffset(at: BodyPhase, sizeBytes: number): number {
	const bytes = 'fraction' in at ? Math.floor(at.fraction * sizeBytes) : at.bytes;
	return Math.min(bytes, Math.max(0, sizeBytes - 1));
}

/** A part of a body with one speed. */
export interface Stretch {
	/** Where it begins. */
	readonly from: number;
	/** Absent: no limit. */
	readonly bytesPerSecond?: number;
}

/** The speeds of a body, from its beginning on: the least of all that apply counts. */
export function stretchesOf(
	{ bytesPerSecond, trickles = [] }: Pick<Decision, 'bytesPerSecond' | 'trickles'>,
	sizeBytes: number,
): Stretch[] {
	const slower = trickles
		.map(({ after, bytesPerSecond: rate }) => ({ from: bodyOffset(after, sizeBytes), rate }))
		.sort((a, b) => a.from - b.from);
	let least = bytesPerSecond ?? Number.POSITIVE_INFINITY;
	const stretches = [{ from: 0, least }];
	for (const { from, rate } of slower) {
		least = Math.min(least, rate);
		stretches.push({ from, least });
	}
	return stretches.map(({ from, least: rate }) => ({
		from,
		...(rate !== Number.POSITIVE_INFINITY && { bytesPerSecond: rate }),
	}));
}
