import { extname } from 'node:path';
import type { Reporter } from '../event.ts';
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
	discard(): void;
}

/**
 * Opens a report.
 *
 * @param kind - Absent: by the ending of the path, which is one of {@link REPORT_KINDS}.
 * @throws {ReportError} When there can be no such file.
 */
export function openReport(path: string, kind?: ReportKind): OpenReport {
	const file = new ReportFile(path);
	const reporter = (kind ?? REPORT_KINDS[extname(path)] ?? jsonReport)(file);
	return {
		on(event) {
			reporter.on(event);
		},
		async close() {
			await reporter.close?.();
			await file.commit();
		},
		discard() {
			file.discard();
		},
	};
}
