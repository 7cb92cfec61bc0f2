import type { ExportKind } from '../../bench/report/exports.ts';
import type { Rate } from '../../download/options.ts';

/** Options of `flagdl bench`, as written on the command line. */
export interface BenchFlags extends Readonly<Partial<Record<ExportKind, string>>> {
	readonly all?: boolean;
	readonly every?: boolean;
	readonly limit?: number;
	readonly input: readonly string[];
	readonly strategies: readonly string[];
	readonly concurrency: readonly number[];
	readonly threads?: number;
	readonly scenario?: string;
	readonly seed?: number;
	readonly rounds?: number;
	readonly quick?: boolean;
	/** As a share. */
	readonly margin?: number;
	readonly rate?: Rate;
	readonly peer: readonly string[];
	readonly threshold: readonly string[];
	readonly thresholdFile: readonly string[];
}
