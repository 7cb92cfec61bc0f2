import type { ReportKind, ReportKinds } from '../../reporters/files/report-kinds.ts';
import type { Output } from '../../reporters/output.ts';
import { jsonText } from '../../util/text.ts';
import type { SmokeEvent, SmokeReport } from '../results.ts';

type Render = (report: SmokeReport) => string;

/** Every kind of report. To add one, add a file and an entry here. */
export const REPORT_KINDS = {
	'.json': { load: async () => jsonReport },
	'.ndjson': { load: async () => ndjsonReport },
	'.xml': { label: 'JUnit', load: async () => (await import('./junit.ts')).junitReport },
	'.md': { load: async () => (await import('./markdown.ts')).markdownReport },
} as const satisfies ReportKinds<ReportKind<Render>>;

/** Incremented by breaking changes of the events. */
const EVENT_VERSION = 1;

/** `--json`: one object a line. */
export function jsonEvents(output: Output): (event: SmokeEvent) => void {
	let seq = 0;
	return (event) => {
		output.write(eventLine(event, seq));
		seq += 1;
	};
}

/** The events, one JSON object a line; the last is `run.end`. The schema is `smoke.schema.json`. */
function ndjsonReport({ start, runs, thresholds, warnings, end }: SmokeReport): string {
	return [start, ...warnings, ...runs, ...thresholds, end].map(eventLine).join('');
}

/** Incremented by breaking changes of the report. */
const REPORT_VERSION = 1;

/** `{version, start, runs, thresholds, warnings, end}`. The schema is `smoke.schema.json`. */
function jsonReport(report: SmokeReport): string {
	return `${jsonText({ version: REPORT_VERSION, ...report }, '\t')}\n`;
}

/** @param seq - Number of the event, from 0. */
function eventLine({ type, ...members }: SmokeEvent, seq: number): string {
	return `${jsonText({ v: EVENT_VERSION, seq, type, ...members })}\n`;
}
