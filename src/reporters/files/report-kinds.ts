import { extname } from 'node:path';
import type { Reporter, RunEnd } from '../../events/run-event.ts';
import { UsageError } from '../../util/errors.ts';
import { explainInput } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';
import { ReportFile } from './report-file.ts';

export interface ReportKind<Writer> {
	/** Name in the help, if the extension does not say it. */
	readonly label?: string;
	/** Loads the writer only if it is needed. */
	load(): Promise<Writer>;
}

/** By extension, in the order of the help. */
export type ReportKinds<Kind> = Readonly<Record<string, Kind>>;

/** For the help: `.json .xml (JUnit)`. */
export function reportKindsHelp(kinds: ReportKinds<ReportKind<unknown>>): string {
	return Object.entries(kinds)
		.map(([extension, { label }]) => extension + (label === undefined ? '' : ` (${label})`))
		.join(' ');
}

/** @throws {UsageError} If the extension is unknown. */
export function reportKindOf<Kind>(kinds: ReportKinds<Kind>, path: string): Kind {
	const kind = kinds[extname(path)];
	if (kind === undefined) {
		const allowed = `a name that ends in ${Object.keys(kinds).join(', ')}`;
		throw new UsageError(`--report: ${explainInput(quote(path), allowed)}`);
	}
	return kind;
}

/** Creates a reporter that writes events to the file. The caller commits the file. */
export type ReportWriter = (file: ReportFile) => Reporter;

/** Every report of a download; those with `detail` show attempts. To add one, add a file and an entry here. */
export const REPORT_KINDS: ReportKinds<ReportKind<ReportWriter> & { readonly detail: boolean }> = {
	'.json': { detail: true, load: async () => (await import('./json-report.ts')).jsonReport },
	'.ndjson': { detail: true, load: async () => (await import('./json-report.ts')).jsonEvents },
	'.csv': { detail: false, load: async () => (await import('./csv-report.ts')).csvReport },
	'.xml': {
		detail: false,
		label: 'JUnit',
		load: async () => (await import('./junit-report.ts')).junitReport,
	},
	'.html': { detail: true, load: async () => (await import('../html/html-report.ts')).htmlReport },
};

/** A report that can be discarded. */
export interface OpenReport extends Reporter {
	/** Whether `close` copies the report into an existing destination, which may fail. */
	readonly writesThrough: boolean;
	flush(): Promise<void>;
	close(): Promise<void>;
	discard(): void;
}

/**
 * Opens a report. `run.end` may be repeated; the last one wins.
 *
 * @param signal - Aborted when the run is interrupted and must end soon.
 * @throws {ReportError} If the file cannot be created.
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
