import { jsonText } from '../../util/text.ts';
import type { Analysis } from '../analysis/analysis.ts';
import type { Measured } from '../results.ts';

export interface Export {
	/** Help text of its option. */
	readonly help: string;
	readonly render: (measured: Measured, analysis: Analysis) => string | Promise<string>;
}

/** The report files of a bench; each is an option of that name. */
export const EXPORTS = {
	html: {
		help: 'write a self-contained page with charts',
		render: async (measured, analysis) =>
			(await import('../page/page.ts')).htmlReport(measured, analysis),
	},
	json: {
		help: 'write every raw time and the analysis',
		render: jsonReport,
	},
} as const satisfies Readonly<Record<string, Export>>;

export type ExportKind = keyof typeof EXPORTS;

/** Every raw time and the analysis; the schema is `fixtures/schemas/bench.schema.json`. */
export function jsonReport(measured: Measured, analysis: Analysis): string {
	return `${jsonText({ ...measured, analysis })}\n`;
}
