import { nowMs } from '../download/outcome.ts';
import {
	addOutcome,
	countAll,
	countMissing,
	emptySum,
	type Reporter,
	type RunEvent,
	type Sum,
} from '../events/run-event.ts';
import { formatBytes, formatCount, formatTimeLeft } from '../util/units.ts';
import type { Output } from './output.ts';

export interface Progress {
	readonly summary: Sum;
	readonly total?: number | undefined;
	readonly concurrency: number;
	readonly startMs: number;
	/** Time of the last outcome, initially the start. */
	readonly lastMs: number;
}

export function progressAt(startMs: number, total?: number, concurrency = 1): Progress {
	return { summary: emptySum(), total, concurrency, startMs, lastMs: startMs };
}

export function followProgress(progress: Progress, event: RunEvent): Progress {
	if (event.type === 'run.start') {
		return progressAt(event.startMs, event.targets, event.concurrency);
	}
	if (event.type === 'outcome') {
		addOutcome(progress.summary, event.outcome);
		return { ...progress, lastMs: nowMs() };
	}
	return progress;
}

/**
 * `12/20`, `1 failed`, `0.4 MB/s`, `ETA 2 s`, as far as known. When the estimate has run out, what the
 * run is waiting for replaces it.
 *
 * @param untilMs - When the last of the remaining waits ends, if known.
 */
export function progressParts(
	progress: Progress,
	atMs: number = nowMs(),
	untilMs?: number,
): readonly string[] {
	const { summary, total, startMs } = progress;
	const done = countAll(summary.totals);
	const missing = countMissing(summary.totals);
	const elapsedMs = Math.max(1, atMs - startMs);

	return [
		total === undefined ? formatCount(done) : `${formatCount(done)}/${formatCount(total)}`,
		missing > 0 ? `${formatCount(missing)} failed` : '',
		summary.bytes > 0 ? `${formatBytes((summary.bytes / elapsedMs) * 1000)}/s` : '',
		total === undefined ? '' : remainingText(progress, total - done, done, atMs, untilMs),
	].filter((part) => part !== '');
}

/** Shorter gaps between outcomes do not count as waiting. */
const QUIET_AFTER_MS = 2000;

function remainingText(
	{ startMs, lastMs, concurrency }: Progress,
	left: number,
	done: number,
	atMs: number,
	untilMs: number | undefined,
): string {
	const quietMs = atMs - lastMs;
	// Estimated at the last outcome, and counted down since.
	const leftMs = done === 0 ? 0 : (Math.max(1, lastMs - startMs) / done) * left - quietMs;
	const isOverdue = left > 0 && leftMs <= 0 && quietMs > QUIET_AFTER_MS;
	if (isOverdue && (done > 0 || untilMs !== undefined)) {
		return untilMs === undefined
			? `waiting for ${formatCount(left)}`
			: `waiting until ${timeOfDay(untilMs)}`;
	}
	// Outcomes of the first batch are too few for an estimate.
	return done >= concurrency && left > 0 ? `ETA ${formatTimeLeft(Math.max(1, leftMs))}` : '';
}

/** Local time: `14:03:05`. */
export function timeOfDay(ms: number): string {
	return new Date(ms).toTimeString().slice(0, 8);
}

const HEARTBEAT_MS = 10_000;

/** A line every ten seconds if the output is not a terminal, so that a log shows progress. */
export function heartbeat(output: Output): Reporter {
	let progress = progressAt(0);
	let timer: NodeJS.Timeout | undefined;

	return {
		on(event) {
			progress = followProgress(progress, event);
			if (event.type === 'run.start') {
				const report = () => output.write(`${progressParts(progress).join(', ')}\n`);
				timer = setInterval(report, HEARTBEAT_MS).unref();
			} else if (event.type === 'run.end') {
				clearInterval(timer);
			}
		},
	};
}
