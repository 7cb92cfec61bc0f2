import type * as v from 'valibot';
import type { ideal } from '../../schema/bench-results.ts';
import type { DeepReadonly } from '../../util/members.ts';
import { groupBy, insertSorted } from '../../util/members.ts';
import type { Cell, Measured, Run, RunAttempt } from '../results.ts';
import { isRedirect } from '../results.ts';

/** Back-off before the n-th request for a file, in milliseconds; the key is `file:number`. */
export type Waits = ReadonlyMap<string, number>;

/**
 * The back-off of each retry of flagdl. After the back-off a target may also wait for a slot; the seed
 * makes the back-off the same in every run, so the shortest wait of all runs comes nearest.
 */
export function backOffs({ runs, cells }: Pick<Measured, 'runs' | 'cells'>): Waits {
	const peers = new Set(cells.flatMap(({ id, kind }) => (kind === 'peer' ? [id] : [])));
	return shortestWaits(runs.filter(({ cell }) => !peers.has(cell)));
}

function shortestWaits(runs: readonly Run[]): Waits {
	const waits = new Map<string, number>();
	for (const { attempts } of runs) {
		for (const { file, number, waitedMs } of attempts) {
			const key = `${file}:${number}`;
			waits.set(key, Math.min(waits.get(key) ?? Number.POSITIVE_INFINITY, waitedMs));
		}
	}
	return waits;
}

/** The work of a run for an ideal client with the same number of slots. */
export function workOf(
	run: Run,
	{ concurrency, kind }: Cell,
	flagdlWaits: Waits,
	{ scenario, rate }: Measured['work'],
): Work {
	const { attempts } = run;
	// A peer has its own back-off.
	const waits = kind === 'peer' ? shortestWaits([run]) : flagdlWaits;
	return {
		files: [...groupBy(attempts, ({ file }) => file)]
			.sort(([one], [other]) => one - other)
			.map(([, own]) => idealAttempts(own, waits)),
		slots: concurrency,
		...(scenario?.rate && { serverRate: scenario.rate }),
		...(rate && { clientRate: rate }),
	};
}

/** Omits attempts refused by a limit, since an ideal client knows the limit. */
function idealAttempts(attempts: readonly RunAttempt[], waits: Waits): readonly Attempt[] {
	return attempts.flatMap((attempt, at) => {
		if (attempt.refused) {
			return [];
		}
		const before = attempts[at - 1];
		const backedOff = before !== undefined && !before.refused && !isRedirect(before);
		const waitMs = backedOff ? (waits.get(`${attempt.file}:${attempt.number}`) ?? 0) : 0;
		return [{ waitMs, ...served(attempt) }];
	});
}

function served(attempt: RunAttempt): Omit<Attempt, 'waitMs'> {
	const { startMs, endMs, servedMs, transferMs = 0, code = '' } = attempt;
	// The client's timeout determines the duration of such an attempt.
	if (CLIENT_TIMEOUTS.has(code)) {
		return { latencyMs: endMs - startMs, transferMs: 0 };
	}
	return servedMs === undefined ? observed(attempt) : { latencyMs: servedMs, transferMs };
}

const CLIENT_TIMEOUTS = new Set(['stalled', 'too_slow', 'max_time', 'connect_timeout']);

/** For a server that reports no times: the attempt without connecting and writing. */
function observed(attempt: RunAttempt): Omit<Attempt, 'waitMs'> {
	const { startMs, connectedMs = startMs, endMs, headersMs = endMs, bodyMs = headersMs } = attempt;
	return { latencyMs: headersMs - connectedMs, transferMs: bodyMs - headersMs };
}

interface Work {
	/** In the order of the list. */
	readonly files: readonly (readonly Attempt[])[];
	readonly slots: number;
	/** Requests that the server accepts within any window; absent: no limit. */
	readonly serverRate?: Rate;
	/** Even pace of requests given to the client; absent: no limit. */
	readonly clientRate?: Rate;
}

/** An attempt that an ideal client also makes. */
export interface Attempt {
	/** Back-off before it. */
	readonly waitMs: number;
	/** From request to headers, on the server. */
	readonly latencyMs: number;
	/** The body, at the bandwidth of its connection. */
	readonly transferMs: number;
}

interface Rate {
	readonly requests: number;
	readonly windowMs: number;
}

/** The largest part of the ideal. */
export type Limit = Ideal['limit'];

export type Ideal = DeepReadonly<v.InferOutput<typeof ideal>>;

/** A time that no client can beat by much, and its largest part. */
export function idealOf(work: Work): Ideal {
	const { files, slots } = work;
	const schedule = scheduleMs(chainsOf(files), slots);
	const attempts = files.flat();
	const bandwidth = attempts.reduce((ms, { transferMs }) => ms + transferMs, 0) / slots;
	const rate = rateMs(work, attempts);
	const ms = Math.max(schedule, bandwidth, rate);

	return {
		ms,
		scheduleMs: schedule,
		bandwidthMs: bandwidth,
		rateMs: rate,
		limit: rate === ms && rate > schedule ? 'rate limit' : largestPart(work, schedule),
	};
}

/** When the files complete by the schedule alone, in milliseconds, ascending. */
export function idealCompletions({ files, slots }: Work): readonly number[] {
	return completions(chainsOf(files), slots);
}

function rateMs({ serverRate, clientRate }: Work, attempts: readonly Attempt[]): number {
	if (attempts.length === 0) {
		return 0;
	}
	const remaining = attempts.length - 1;
	// A sliding window accepts a burst, and the next one when the window has passed.
	const served = serverRate ? Math.floor(remaining / serverRate.requests) * serverRate.windowMs : 0;
	const paced = clientRate ? (remaining * clientRate.windowMs) / clientRate.requests : 0;
	// Not spread: so many arguments overflow the stack.
	const lastMs = attempts.map(slotMs).reduce((shortest, ms) => Math.min(shortest, ms));
	return served === 0 && paced === 0 ? 0 : Math.max(served, paced) + lastMs;
}

/** The part without which the schedule would be less than half as long. */
function largestPart({ files, slots }: Work, schedule: number): Limit {
	const without = (part: (attempt: Attempt) => Attempt) =>
		scheduleMs(chainsOf(files.map((file) => file.map(part))), slots);
	if (without((attempt) => ({ ...attempt, waitMs: 0 })) < schedule / 2) {
		return 'back-off';
	}
	if (without((attempt) => ({ ...attempt, transferMs: 0 })) < schedule / 2) {
		return 'bandwidth';
	}
	return 'latency';
}

function chainsOf(files: Work['files']): readonly Chain[] {
	return files.map((file) =>
		file.map((attempt) => ({ waitMs: attempt.waitMs, slotMs: slotMs(attempt) })),
	);
}

function slotMs({ latencyMs, transferMs }: Attempt): number {
	return latencyMs + transferMs;
}

/** The attempts of one file in turn, for a client without overhead. */
export type Chain = readonly Step[];

interface Step {
	/** Back-off before the attempt, in milliseconds; it occupies no slot. */
	readonly waitMs: number;
	/** Time in the slot, in milliseconds. */
	readonly slotMs: number;
}

/** @returns Milliseconds from the first attempt to the end of the last. */
export function scheduleMs(chains: readonly Chain[], slots: number): number {
	return completions(chains, slots).at(-1) ?? 0;
}

/**
 * When the files complete if no slot is idle without need: a free slot continues the file whose next
 * attempt has been due the longest, or else starts the next file of the list.
 *
 * @param slots - Attempts in flight at once, at least 1.
 * @returns Milliseconds from the first attempt, ascending.
 */
function completions(chains: readonly Chain[], slots: number): readonly number[] {
	const free = Array.from({ length: Math.min(slots, chains.length) }, () => 0);
	const backingOff: Waiting[] = [];
	let started = 0;
	const doneMs: number[] = [];

	while (started < chains.length || backingOff.length > 0) {
		const freeMs = free.shift() as number;
		const [retry] = backingOff;
		const isRetry = retry !== undefined && (retry.readyMs <= freeMs || started === chains.length);
		const chain = chains[started] ?? [];
		const next = isRetry ? retry : { chain, step: 0, readyMs: chain[0]?.waitMs ?? 0 };
		if (isRetry) {
			backingOff.shift();
		} else {
			started += 1;
		}

		const endMs = Math.max(freeMs, next.readyMs) + (next.chain[next.step]?.slotMs ?? 0);
		insertSorted(free, endMs, (ms) => ms);
		const after = next.chain[next.step + 1];
		if (after === undefined) {
			doneMs.push(endMs);
		} else {
			const retryAt = { ...next, step: next.step + 1, readyMs: endMs + after.waitMs };
			insertSorted(backingOff, retryAt, ({ readyMs }) => readyMs);
		}
	}
	return doneMs.sort((one, other) => one - other);
}

interface Waiting {
	readonly chain: Chain;
	readonly step: number;
	readonly readyMs: number;
}
