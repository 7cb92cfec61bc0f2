import { nowMs } from '../download/outcome.ts';
import type { RunEvent, Summary } from './event.ts';
import { formatBytes, formatCount, formatDuration } from './format.ts';
import { addOutcome, countAll, countMissing, EMPTY_SUMMARY } from './summary.ts';

/** How far a run is. */
export interface Progress {
	readonly summary: Summary;
	readonly total?: number | undefined;
	readonly startMs: number;
}

export function progressAt(startMs: number, total?: number): Progress {
	return { summary: EMPTY_SUMMARY, total, startMs };
}

export function followProgress(progress: Progress, event: RunEvent): Progress {
	if (event.type === 'run.start') {
		return progressAt(event.startMs, event.targets);
	}
	return event.type === 'outcome'
		? { ...progress, summary: addOutcome(progress.summary, event.outcome) }
		: progress;
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
		leftMs > 0
			? `ETA ${leftMs < 60_000 ? `${Math.ceil(leftMs / 1000)} s` : formatDuration(leftMs)}`
			: '',
	].filter((part) => part !== '');
}
