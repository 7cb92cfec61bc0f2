import { hundredths } from '../util/units.ts';
import { draw, drawLatencyMs } from './draw.ts';
import type { BodyPhase, Fault, Rule, Scenario } from './scenario.ts';
import { FLAGS, matches, matchingFiles, type ServedFiles } from './served-files.ts';

/** What the server does to one attempt on one path. Plain data. */
export interface Decision {
	/** From request to headers, delays included. */
	readonly latencyMs: number;
	/** Delays after the headers, in file order. */
	readonly pauses: readonly Pause[];
	/** The lowest limit that applies; absent: no limit. */
	readonly bytesPerSecond?: number;
	/** Lower limits from an offset on. */
	readonly trickles?: readonly Trickle[];
	/** The rule that claimed the attempt, and its fault; absent: the true response. */
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
 * @param path - A path of the server, without query.
 * @param attempt - From 1.
 * @param drawKey - Key of the draws, if it is more than the path.
 */
export type Decide = (path: string, attempt: number, drawKey?: string) => Decision;

/**
 * The faults of a scenario as a pure function of (seed, rule, path, attempt).
 *
 * @param files - All files of the server, for `select.exactly`.
 */
export function createDecide(scenario: Scenario, files: ServedFiles = FLAGS): Decide {
	const rules = scenario.rules.map((rule) => compileRule(rule, scenario.seed, files));
	const cache = new Map<string, Decision>();

	if (files.areOthers === true) {
		// The number of paths is unbounded, so nothing is cached.
		return (path, attempt, drawKey = path) =>
			decideAttempt(scenario, rules, { path, drawKey }, attempt);
	}
	return (path, attempt) => {
		const key = `${attempt} ${path}`;
		// Hashing costs more than responding, and runs repeat the same attempts.
		const decision =
			cache.get(key) ?? decideAttempt(scenario, rules, { path, drawKey: path }, attempt);
		if (attempt <= MAX_CACHED_ATTEMPTS) {
			cache.set(key, decision);
		}
		return decision;
	};
}

/** Whether an action claims the attempt, which only one rule can. Other actions slow it down. */
export function isFault(action: Rule['action']): action is Fault {
	return action.type !== 'delay' && action.type !== 'bandwidth';
}

const MAX_CACHED_ATTEMPTS = 16;

function decideAttempt(
	{ seed, latency, limits }: Scenario,
	rules: readonly CompiledRule[],
	{ path, drawKey }: { readonly path: string; readonly drawKey: string },
	attempt: number,
): Decision {
	const roll = (rule: string) => draw({ seed, rule, path: drawKey, attempt, dimension: 'latency' });
	let latencyMs = latency === undefined ? 0 : drawLatencyMs(latency, roll(''));
	let bytesPerSecond = limits.bytesPerSecond ?? Number.POSITIVE_INFINITY;
	let claim: Claim | undefined;
	const pauses: Pause[] = [];
	const trickles: Trickle[] = [];

	for (const { rule, selects } of rules) {
		const { id, action } = rule;
		if ((isFault(action) && claim !== undefined) || !selects(path, attempt, drawKey)) {
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
		// Sums of hundredths are inexact.
		latencyMs: hundredths(latencyMs),
		pauses,
		...(bytesPerSecond !== Number.POSITIVE_INFINITY && { bytesPerSecond }),
		...(trickles.length > 0 && { trickles }),
		...(claim !== undefined && { claim }),
	};
}

export interface CompiledRule {
	readonly rule: Rule;
	readonly selects: (path: string, attempt: number, drawKey: string) => boolean;
}

/** Precomputes what does not depend on the attempt. */
function compileRule(rule: Rule, seed: number, files: ServedFiles): CompiledRule {
	const { from, to = Number.POSITIVE_INFINITY } = rule.attempts;
	const isChosen = compileSelection(rule, seed, files);

	return {
		rule,
		selects: (path, attempt, drawKey) =>
			attempt >= from && attempt <= to && isChosen(path, attempt, drawKey),
	};
}

function compileSelection(
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
		return (path, attempt, drawKey) =>
			matches(match, path) && roll(drawKey, attempt) < select.probability;
	}

	// The paths with the lowest hashes: an exact number for any seed.
	const ranked = matchingFiles(match, files)
		.map((path) => ({ path, rank: roll(path, 0) }))
		.sort((a, b) => a.rank - b.rank);
	const chosen = new Set(ranked.slice(0, select.exactly).map(({ path }) => path));
	return (path) => chosen.has(path);
}

/** Offset of a phase. Never the whole body, because a complete response is no fault. */
export function bodyOffset(at: BodyPhase, sizeBytes: number): number {
	const bytes = 'fraction' in at ? Math.floor(at.fraction * sizeBytes) : at.bytes;
	return Math.min(bytes, Math.max(0, sizeBytes - 1));
}

/** A part of a body with constant bandwidth. */
export interface Stretch {
	/** Offset of its first byte. */
	readonly from: number;
	/** Absent: no limit. */
	readonly bytesPerSecond?: number;
}

/** The bandwidth of each part of a body, in order: the lowest limit that applies. */
export function stretchesOf(
	{ bytesPerSecond, trickles = [] }: Pick<Decision, 'bytesPerSecond' | 'trickles'>,
	sizeBytes: number,
): Stretch[] {
	const slower = trickles
		.map(({ after, bytesPerSecond: rate }) => ({ from: bodyOffset(after, sizeBytes), rate }))
		.sort((a, b) => a.from - b.from);
	let lowest = bytesPerSecond ?? Number.POSITIVE_INFINITY;
	const stretches = [{ from: 0, lowest }];
	for (const { from, rate } of slower) {
		lowest = Math.min(lowest, rate);
		stretches.push({ from, lowest });
	}
	return stretches.map(({ from, lowest: rate }) => ({
		from,
		...(rate !== Number.POSITIVE_INFINITY && { bytesPerSecond: rate }),
	}));
}

/** Size and duration of each stretch of a body, as far as it is sent. */
export function spansOf(
	decision: Pick<Decision, 'bytesPerSecond' | 'trickles'>,
	fileBytes: number,
	bodyBytes: number,
): { readonly bytes: number; readonly ms: number }[] {
	const stretches = stretchesOf(decision, fileBytes);
	return stretches.map(({ from, bytesPerSecond }, index) => {
		const end = Math.min(stretches[index + 1]?.from ?? bodyBytes, bodyBytes);
		const bytes = Math.max(0, end - from);
		return { bytes, ms: bytesPerSecond === undefined ? 0 : (bytes / bytesPerSecond) * 1000 };
	});
}
