import { REPORT_KINDS } from '../../src/reporters/files/report-kinds.ts';

/** A file name for each kind of report: `r.json`. */
export const REPORT_NAMES: readonly string[] = Object.keys(REPORT_KINDS).map((kind) => `r${kind}`);

/** The options that write them. */
export const REPORT_OPTIONS: readonly string[] = REPORT_NAMES.flatMap((name) => ['--report', name]);
