import type { ReportKind, ReportKinds } from '../../reporters/files/report-kinds.ts';
import type { SmokeReport } from '../results.ts';

type Render = (report: SmokeReport) => string;

/** Every kind of report. Adding one is a file and a line here. */
export const REPORT_KINDS = {
	'.json': { load: async () => (await import('./json.ts')).jsonReport },
	'.ndjson': { load: async () => (await import('./json.ts')).ndjsonReport },
	'.xml': { label: 'JUnit', load: async () => (await import('./junit.ts')).junitReport },
	'.md': { load: async () => (await import('./markdown.ts')).markdownReport },
} as const satisfies ReportKinds<ReportKind<Render>>;
