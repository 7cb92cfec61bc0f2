import { jsonText } from '../../util/text.ts';
import { junitReport } from './junit.ts';
import { markdownReport } from './markdown.ts';
import type { SmokeEvent, SmokeReport } from './smoke-event.ts';

/** Every kind of report by the ending of its file's name. Adding one is a file and a line here. */
export const REPORT_KINDS: Readonly<Record<string, (report: SmokeReport) => string>> = {
	'.json': jsonReport,
	'.ndjson': ndjsonReport,
	'.md': markdownReport,
	'.xml': junitReport,
};

/** Changes when a program that reads the events would have to. */
const EVENT_VERSION = 1;

/** @param seq - Number of the event, from 0. */
export function eventLine({ type, ...members }: SmokeEvent, seq: number): string {
	return `${jsonText({ v: EVENT_VERSION, seq, type, ...members })}\n`;
}

/** The events, one JSON object a line; the last is `run.end`. Their schema is `smoke.schema.json`. */
function ndjsonReport({ start, runs, thresholds, warnings, end }: SmokeReport): string {
	return [start, ...warnings, ...runs, ...thresholds, end].map(eventLine).join('');
}

/** Changes when a program that reads the report would have to. */
const REPORT_VERSION = 1;

/** `{version, start, runs, thresholds, warnings, end}`. Its schema is `smoke.schema.json`. */
function jsonReport(report: SmokeReport): string {
	return `${jsonText({ version: REPORT_VERSION, ...report }, '\t')}\n`;
}
