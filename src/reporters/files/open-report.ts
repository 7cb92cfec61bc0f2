import { extname } from 'node:path';
import type { Reporter, RunEnd } from '../event.ts';
import { htmlReport } from '../html/html-report.ts';
import { csvReport } from './csv-report.ts';
import { jsonReport } from './json-report.ts';
import { junitReport } from './junit-report.ts';
import { markdownReport } from './markdown-report.ts';
import { ndjsonReport } from './ndjson-report.ts';
import { ReportFile } from './report-file.ts';

/** A kind of report: it writes to its file as it is told; giving that its name is not its part. */
export type ReportKind = (file: ReportFile) => Reporter;

/** Every kind of report by the ending of its file's name. Adding one is a file and a line here. */
export const REPORT_KINDS: Readonly<Record<string, ReportKind>> = {
	'.json': jsonReport,
	'.ndjson': ndjsonReport,
	'.csv': csvReport,
	'.xml': junitReport,
	'.md': markdownReport,
	'.html': htmlReport,
};

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
 * @param kind - Absent: by the ending of the path, which is one of {@link REPORT_KINDS}.
 * @param signal - Interrupts the run, which has to end soon then.
 * @throws {ReportError} When there can be no such file.
 */
export function openReport(path: string, kind?: ReportKind, signal?: AbortSignal): OpenReport {
	const file = new ReportFile(path);
	const reporter = (kind ?? REPORT_KINDS[extname(path)] ?? jsonReport)(file);
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
