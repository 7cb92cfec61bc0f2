import type { Reporter, RunEnd } from '../../events/run-event.ts';
import type { ReportWriter } from './kinds.ts';
import { ReportFile } from './report-file.ts';

/** A report that can be dropped before it is begun. */
export interface OpenReport extends Reporter {
	/** What is there is written to, when the report is closed; that may fail. */
	readonly writesThrough: boolean;
	/** @throws {ReportError} */
	flush(): Promise<void>;
	/** @throws {ReportError} */
	close(): Promise<void>;
	discard(): void;
}

/**
 * Opens a report. Of `run.end`, which may be told again, only the last holds.
 *
 * @param signal - Interrupts the run, which has to end soon then.
 * @throws {ReportError} When there can be no such file.
 */
export function openReport(path: string, writer: ReportWriter, signal?: AbortSignal): OpenReport {
	const file = new ReportFile(path);
	const reporter = writer(file);
	let end: RunEnd | undefined;
	let written: RunEnd | undefined;
	const flush = async () => {
		if (end !== undefined && end.exitCode !== written?.exitCode) {
			file.beginEnd();
			reporter.on(end);
			await reporter.close?.();
			written = end;
		}
		file.flush();
	};
	return {
		writesThrough: file.writesThrough,
		on(event) {
			if (event.type === 'run.end') {
				end = event;
			} else {
				reporter.on(event);
			}
		},
		flush,
		async close() {
			try {
				await flush();
			} catch (error) {
				file.discard();
				throw error;
			}
			await file.commit(signal);
		},
		discard() {
			file.discard();
		},
	};
}
