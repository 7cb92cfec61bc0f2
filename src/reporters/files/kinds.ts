import { extname } from 'node:path';
import type { Reporter } from '../../events/run-event.ts';
import type { ReportFile } from './report-file.ts';

/** Writes to its file as it is told; giving that its name is not its part. */
export type ReportWriter = (file: ReportFile) => Reporter;

interface ReportKind {
	/** Whether it shows single attempts. */
	readonly detail: boolean;
	/** What the help calls it, if its extension does not say. */
	readonly label?: string;
	/** Loads its code, which a run without such a report does not need. */
	load(): Promise<ReportWriter>;
}

/** Every kind of report by its extension, in the order of the help. Adding one is a file and an entry here. */
const REPORT_KINDS: Readonly<Record<string, ReportKind>> = {
	'.json': { detail: true, load: async () => (await import('./json-report.ts')).jsonReport },
	'.ndjson': { detail: true, load: async () => (await import('./json-report.ts')).ndjsonReport },
	'.csv': { detail: false, load: async () => (await import('./csv-report.ts')).csvReport },
	'.xml': {
		detail: false,
		label: 'JUnit',
		load: async () => (await import('./junit-report.ts')).junitReport,
	},
	'.html': { detail: true, load: async () => (await import('../html/html-report.ts')).htmlReport },
};

export const REPORT_EXTENSIONS: readonly string[] = Object.keys(REPORT_KINDS);

/** `.json .xml (JUnit)`: for the help. */
export const REPORT_KINDS_HELP: string = Object.entries(REPORT_KINDS)
	.map(([extension, { label }]) => extension + (label === undefined ? '' : ` (${label})`))
	.join(' ');

/** @returns `undefined` if the extension of the path is no kind of report. */
export function reportKindOf(path: string): ReportKind | undefined {
	return REPORT_KINDS[extname(path)];
}
