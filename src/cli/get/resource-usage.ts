import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { RunEnd, WarningEvent } from '../../events/run-event.ts';
import { STRATEGIES } from '../../strategies/names.ts';
import type { StrategyContext } from '../../strategies/strategy.ts';
import { CannotRunError, isCode } from '../../util/errors.ts';
import { plural } from '../../util/units.ts';
import type { GetFlags } from './options.ts';

const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

export type Cost = Pick<RunEnd, 'cpuMs' | 'maxRssBytes' | 'eventLoopDelay'>;

/** Begins to measure what this process costs. Asked, it tells the cost so far, and stops. */
export function measureCost(): () => Cost {
	const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
	delay.enable();
	// The histogram counts from tick to tick; only what is beyond the timer's own time is delay.
	const delayMs = (ns: number) =>
		Number.isFinite(ns) ? round(Math.max(0, ns / NS_PER_MS - RESOLUTION_MS)) : 0;

	return () => {
		delay.disable();
		const { user, system } = process.cpuUsage();
		return {
			cpuMs: round((user + system) / 1000),
			maxRssBytes: process.resourceUsage().maxRSS * 1024,
			eventLoopDelay:
				delay.count === 0
					? { p50Ms: 0, p99Ms: 0, maxMs: 0 }
					: {
							p50Ms: delayMs(delay.percentile(50)),
							p99Ms: delayMs(delay.percentile(99)),
							maxMs: delayMs(delay.max),
						},
		};
	};
}

function round(ms: number): number {
	return Math.round(ms * 100) / 100;
}

const CONCURRENCY = 16;
/** A request has its socket, and the bundled server's. */
const FILES_PER_SLOT = 2;
/** The connection that is next in use may be another worker's. */
const FILES_PER_SLOT_OF_THREADS = 4;
/** libuv's, of the loop of a thread. */
const FILES_PER_THREAD = 4;
/** For what is read and written beside: modules, reports, small files. */
const OTHER_FILES = 3;

export interface Capacity extends Pick<StrategyContext, 'concurrency' | 'threads'> {
	/** What is to be said if that is less than was asked for. */
	readonly fewer: readonly WarningEvent[];
}

/**
 * As much as was asked for, or as the process may open files for together with its bundled server.
 *
 * @throws {CannotRunError} When that would be left without any.
 */
export function capacityOf(
	{ concurrency, maxReq, threads: wantedThreads, strategy }: GetFlags,
	isBundled: boolean,
): Capacity {
	const slots = concurrency ?? maxReq ?? CONCURRENCY;
	const threads = Math.min(wantedThreads ?? availableParallelism(), slots);
	const wanted = { concurrency: slots, threads, fewer: [] };
	// Without the server in the process, what lacks a file waits for one.
	const files = isBundled ? descriptors() : undefined;
	if (files === undefined || strategy === 'queue') {
		return wanted;
	}
	const isThreads = strategy === 'threads';
	const [perThread, perSlot] = isThreads
		? [FILES_PER_THREAD, FILES_PER_SLOT_OF_THREADS]
		: [0, FILES_PER_SLOT];
	const free = files.free - OTHER_FILES;
	const raise = `raise the limit (ulimit -n)${files.limit === undefined ? '' : `, which is ${files.limit}`}`;
	if (free < perThread + perSlot) {
		throw new CannotRunError(
			`the bundled server could not be used: too few files can be open; ${raise}`,
		);
	}
	const atOnce = STRATEGIES[strategy].concurrent ? slots : 1;
	if (free >= threads * perThread + atOnce * perSlot) {
		return wanted;
	}
	const some = clamp(Math.floor(free / (perThread + perSlot)), threads);
	const few = clamp(Math.floor((free - some * perThread) / perSlot), slots);
	const message = `only ${plural(few, 'request')} at once, not ${slots}: ${raise}`;
	const fewer = [{ type: 'warning', code: 'few_descriptors', message } as const];
	return { concurrency: few, threads: some, fewer };
}

function clamp(count: number, most: number): number {
	return Math.max(1, Math.min(count, most));
}

/** Files and sockets that this process may open, and may still open; undefined where the system does not tell. */
function descriptors(): { readonly limit?: number; readonly free: number } | undefined {
	try {
		const limits = readFileSync('/proc/self/limits', 'utf8');
		const limit = Number(/^Max open files +(\d+) /m.exec(limits)?.[1] ?? Number.NaN);
		// The one that lists them is closed by then.
		const open = readdirSync('/proc/self/fd').length - 1;
		return Number.isNaN(limit) ? undefined : { limit, free: limit - open };
	} catch (error) {
		return isCode(error, 'EMFILE') ? { free: 0 } : undefined;
	}
}
