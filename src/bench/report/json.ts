import { jsonText } from '../../util/text.ts';
import type { Analysis } from '../analysis/analysis.ts';
import type { Measured } from '../results.ts';

/** Every raw time and what was made of it; the schema is `fixtures/schemas/bench.schema.json`. */
export function jsonReport(measured: Measured, analysis: Analysis): string {
	return `${jsonText({ ...measured, analysis })}\n`;
}
