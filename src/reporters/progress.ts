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
	/** When the last outcome came; the start before there is one. */
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
 * `12/20`, `1 failed`, `0.4 MB/s`, `ETA 2 s`: those that there is something to say about. Once the
 * estimate is used up, it was wrong, and what is waited for takes its place.
 *
 * @param untilMs - How long the remaining targets wait at most, if that is known.
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
		total === undefined ? '' : leftText(progress, total - done, done, atMs, untilMs),
	].filter((part) => part !== '');
}

/** A pause between two files is no wait. */
const PATIENCE_MS = 2000;

function leftText(
	{ startMs, lastMs, concurrency }: Progress,
	left: number,
	done: number,
	atMs: number,
	untilMs: number | undefined,
): string {
	const quietMs = atMs - lastMs;
	// Estimated when the last outcome came: counted down since, not up.
	const leftMs = done === 0 ? 0 : (Math.max(1, lastMs - startMs) / done) * left - quietMs;
	const isOverdue = left > 0 && leftMs <= 0 && quietMs > PATIENCE_MS;
	if (isOverdue && (done > 0 || untilMs !== undefined)) {
		return untilMs === undefined
			? `waiting for ${formatCount(left)}`
			: `waiting until ${timeOfDay(untilMs)}`;
	}
	// The first of those that began together says nothing about the rest.
	return done >= concurrency && left > 0 ? `ETA ${formatTimeLeft(Math.max(1, leftMs))}` : '';
}

/** Local time: `14:03:05`. */
export function timeOfDay(ms: number): string {
	return new Date(ms).toTimeString().slice(0, 8);
}

const EVERY_MS = 10_000;

/** A line every ten seconds if the output is no terminal, so that a log shows that the run is alive. */
export function heartbeat(output: Output): Reporter {
	let progress = progressAt(0);
	let timer: NodeJS.Timeout | undefined;

	return {
		on(event) {
			progress = followProgress(progress, event);
			if (event.type === 'run.start') {
				const tell = () => output.write(`${progressParts(progress).join(', ')}\n`);
				timer = setInterval(tell, EVERY_MS).unref();
			} else if (event.type === 'run.end') {
				clearInterval(timer);
			}
		},
	};
}
