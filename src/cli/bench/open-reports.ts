import { resolve } from 'node:path';
import type { Analysis } from '../../bench/analysis/analysis.ts';
import { htmlReport } from '../../bench/page/page.ts';
import { jsonReport } from '../../bench/report/json.ts';
import type { Measured } from '../../bench/results.ts';
import { ReportError, ReportFile } from '../../reporters/files/report-file.ts';
import { UsageError } from '../../util/usage-error.ts';
import type { BenchFlags } from '../bench-command.ts';

type Render = (measured: Measured, analysis: Analysis) => string;

const KINDS: Readonly<Record<'html' | 'json', Render>> = {
	html: htmlReport,
	json: jsonReport,
};

export interface Reports {
	/** @throws {ReportError} When one can no longer be written. */
	write(measured: Measured, analysis: Analysis): Promise<void>;
	/** As if they had never been; without effect on those that are written. */
	discard(): void;
}

/**
 * Makes sure that every report can be written, before anything runs.
 *
 * @throws {UsageError}
 */
export function openReports(flags: BenchFlags, cwd: string): Reports {
	const open: { readonly file: ReportFile; readonly render: Render }[] = [];
	const discard = () => {
		for (const { file } of open.splice(0)) {
			file.discard();
		}
	};

	const taken = new Map<string, string>();
	for (const [kind, render] of Object.entries(KINDS)) {
		const given = flags[kind as keyof typeof KINDS];
		if (given === undefined) {
			continue;
		}
		const path = resolve(cwd, given);
		const other = taken.get(path);
		if (other !== undefined) {
			discard();
			throw new UsageError(
				`--${other} and --${kind}: found ${given} twice; give each its own file`,
			);
		}
		taken.set(path, kind);
		try {
			open.push({ file: new ReportFile(path), render });
		} catch (error) {
			discard();
			if (!(error instanceof ReportError)) {
				throw error;
			}
			throw new UsageError(`--${kind}: ${error.message}`, { cause: error });
		}
	}

	return {
		async write(measured, analysis) {
			for (const { file, render } of open.splice(0)) {
				file.write(render(measured, analysis));
				await file.commit();
			}
		},
		discard,
	};
}
