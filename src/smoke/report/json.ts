import { jsonText } from '../../util/text.ts';
import type { SmokeReport } from './smoke-event.ts';

/** Changes when a program that reads the report would have to. */
const REPORT_VERSION = 1;

/** `{version, start, runs, thresholds, warnings, end}`. Its schema is `smoke.schema.json`. */
export function jsonReport(report: SmokeReport): string {
	return `${jsonText({ version: REPORT_VERSION, ...report }, '\t')}\n`;
}
