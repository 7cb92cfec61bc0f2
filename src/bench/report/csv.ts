import { csvField } from '../../util/text.ts';
import type { Measured, Run, RunAttempt } from '../results.ts';

const COLUMNS = [
	'round',
	'strategy',
	'slots',
	'run_status',
	'file',
	'attempt',
	'waited_ms',
	'start_ms',
	'connected_ms',
	'reused',
	'headers_ms',
	'body_ms',
	'written_ms',
	'end_ms',
	'served_ms',
	'status',
	'bytes',
	'code',
	'rule',
];

/** A line for each request of each run; times in milliseconds from the first request of its run. */
export function csvReport(measured: Measured): string {
	const cells = new Map(measured.cells.map((cell) => [cell.id, cell]));
	const lines = measured.runs.flatMap((run) => {
		const { name = run.cell, concurrency = '' } = cells.get(run.cell) ?? {};
		return run.attempts.map((attempt) => line(run, { name, concurrency }, attempt, measured));
	});
	return `${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}

function line(
	{ round, status }: Run,
	{ name, concurrency }: { readonly name: string; readonly concurrency: number | string },
	attempt: RunAttempt,
	{ work }: Measured,
): string {
	return [
		round,
		name,
		concurrency,
		status,
		work.files[attempt.file]?.id,
		attempt.number,
		attempt.waitedMs,
		attempt.startMs,
		attempt.connectedMs,
		attempt.reused,
		attempt.headersMs,
		attempt.bodyMs,
		attempt.writtenMs,
		attempt.endMs,
		attempt.servedMs,
		attempt.status,
		attempt.bytes,
		attempt.code,
		attempt.rule,
	]
		.map(csvField)
		.join(',');
}
