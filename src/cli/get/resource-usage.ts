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

/** Starts to measure the resource usage of this process; the returned function ends it. */
export function measureCost(): () => Cost {
	const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
	delay.enable();
	// The histogram measures from tick to tick; only the time beyond the timer's resolution is delay.
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

const DEFAULT_CONCURRENCY = 16;
/** The sockets of the client and of the bundled server. */
const FILES_PER_SLOT = 2;
/** Idle connections of other threads may still be open. */
const FILES_PER_SLOT_OF_THREADS = 4;
/** Descriptors of libuv for the event loop of a thread. */
const FILES_PER_THREAD = 4;
/** Reserved for modules, reports and small files. */
const OTHER_FILES = 3;

export interface Capacity extends Pick<StrategyContext, 'concurrency' | 'threads'> {
	/** Warnings if this is less than requested. */
	readonly warnings: readonly WarningEvent[];
}

/**
 * The requested capacity, reduced to the file descriptors available to the process and its bundled server.
 *
 * @throws {CannotRunError} If there are not enough for a single request.
 */
export function capacityOf(
	{ concurrency, maxReq, threads: wantedThreads, strategy }: GetFlags,
	isBundled: boolean,
): Capacity {
	const slots = concurrency ?? maxReq ?? DEFAULT_CONCURRENCY;
	const threads = Math.min(wantedThreads ?? availableParallelism(), slots);
	const requested = { concurrency: slots, threads, warnings: [] };
	// Without the server in this process, requests wait for a free descriptor.
	const files = isBundled ? descriptors() : undefined;
	if (files === undefined || strategy === 'queue') {
		return requested;
	}
	const isThreads = strategy === 'threads';
	const [perThread, perSlot] = isThreads
		? [FILES_PER_THREAD, FILES_PER_SLOT_OF_THREADS]
		: [0, FILES_PER_SLOT];
	const free = files.free - OTHER_FILES;
	const remedy = `raise the limit (ulimit -n)${files.limit === undefined ? '' : `, which is ${files.limit}`}`;
	if (free < perThread + perSlot) {
		throw new CannotRunError(
			`the bundled server could not be used: too few files can be open; ${remedy}`,
		);
	}
	const concurrent = STRATEGIES[strategy].concurrent ? slots : 1;
	if (free >= threads * perThread + concurrent * perSlot) {
		return requested;
	}
	const threadCount = clamp(Math.floor(free / (perThread + perSlot)), threads);
	const requestCount = clamp(Math.floor((free - threadCount * perThread) / perSlot), slots);
	const message = `only ${plural(requestCount, 'request')} at once, not ${slots}: ${remedy}`;
	const warnings = [{ type: 'warning', code: 'few_descriptors', message } as const];
	return { concurrency: requestCount, threads: threadCount, warnings };
}

function clamp(count: number, max: number): number {
	return Math.max(1, Math.min(count, max));
}

/** Limit and number of free file descriptors; undefined if the system does not report them. */
function descriptors(): { readonly limit?: number; readonly free: number } | undefined {
	try {
		const limits = readFileSync('/proc/self/limits', 'utf8');
		const limit = Number(/^Max open files +(\d+) /m.exec(limits)?.[1] ?? Number.NaN);
		// Not counting the one that lists the directory.
		const open = readdirSync('/proc/self/fd').length - 1;
		return Number.isNaN(limit) ? undefined : { limit, free: limit - open };
	} catch (error) {
		return isCode(error, 'EMFILE') ? { free: 0 } : undefined;
	}
}
