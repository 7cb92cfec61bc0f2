import { extname } from 'node:path';
import type { Reporter } from '../../events/run-event.ts';
import { UsageError } from '../../util/errors.ts';
import { explainInput } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';
import type { ReportFile } from './report-file.ts';

/** A kind of report of some command. */
export interface ReportKind<Writer> {
	/** What the help calls it, if its extension does not say. */
	readonly label?: string;
	/** Loads its code, which a run without such a report does not need. */
	load(): Promise<Writer>;
}

/** By extension, in the order of the help. */
export type ReportKinds<Kind> = Readonly<Record<string, Kind>>;

/** `.json .xml (JUnit)`: for the help. */
export function reportKindsHelp(kinds: ReportKinds<ReportKind<unknown>>): string {
	return Object.entries(kinds)
		.map(([extension, { label }]) => extension + (label === undefined ? '' : ` (${label})`))
		.join(' ');
}

/** @throws {UsageError} If the extension of the path is no kind of report. */
export function reportKindOf<Kind>(kinds: ReportKinds<Kind>, path: string): Kind {
	const kind = kinds[extname(path)];
	if (kind === undefined) {
		const allowed = `a name that ends in ${Object.keys(kinds).join(', ')}`;
		throw new UsageError(`--report: ${explainInput(quote(path), allowed)}`);
	}
	return kind;
}

/** Writes to its file as it is told; giving that its name is not its part. */
export type ReportWriter = (file: ReportFile) => Reporter;

/** Every report of a download; those with `detail` show single attempts. Adding one is a file and an entry here. */
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
