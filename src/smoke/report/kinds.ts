import { jsonReport } from './json.ts';
import { junitReport } from './junit.ts';
import { markdownReport } from './markdown.ts';
import { ndjsonReport } from './ndjson.ts';
import type { SmokeReport } from './smoke-event.ts';

/** Every kind of report by the ending of its file's name. Adding one is a file and a line here. */
export const REPORT_KINDS: Readonly<Record<string, (report: SmokeReport) => string>> = {
	'.json': jsonReport,
	'.ndjson': ndjsonReport,
	'.md': markdownReport,
	'.xml': junitReport,
};
