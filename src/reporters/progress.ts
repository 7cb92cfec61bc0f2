import { nowMs } from '../download/outcome.ts';
import type { RunEvent } from '../events/run-event.ts';
import { addOutcome, countAll, countMissing, emptySum, type Sum } from '../events/summary.ts';
import { formatBytes, formatCount, formatTimeLeft } from '../util/units.ts';

/** How far a run is. */
export interface Progress {
	readonly summary: Sum;
	readonly total?: number | undefined;
	readonly startMs: number;
}

export function progressAt(startMs: number, total?: number): Progress {
	return { summary: emptySum(), total, startMs };
}

export function followProgress(progress: Progress, event: RunEvent): Progress {
	if (event.type === 'run.start') {
		return progressAt(event.startMs, event.targets);
	}
	if (event.type === 'outcome') {
		addOutcome(progress.summary, event.outcome);
	}
	return progress;
}

/** `12/20`, `1 failed`, `0.4 MB/s`, `ETA 2 s`: those that there is something to say about. */
export function progressParts(progress: Progress, atMs: number = nowMs()): readonly string[] {
	const { summary, total, startMs } = progress;
	const done = countAll(summary.totals);
	const missing = countMissing(summary.totals);
	const elapsedMs = Math.max(1, atMs - startMs);
	const leftMs = total === undefined || done === 0 ? 0 : (elapsedMs / done) * (total - done);

	return [
		total === undefined ? formatCount(done) : `${formatCount(done)}/${formatCount(total)}`,
		missing > 0 ? `${formatCount(missing)} failed` : '',
		summary.bytes > 0 ? `${formatBytes((summary.bytes / elapsedMs) * 1000)}/s` : '',
		leftMs > 0 ? `ETA ${formatTimeLeft(leftMs)}` : '',
	].filter((part) => part !== '');
}
