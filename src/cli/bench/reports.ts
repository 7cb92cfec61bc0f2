import { resolve } from 'node:path';
import type { Analysis } from '../../bench/analysis/analysis.ts';
import { EXPORTS, type Export, type ExportKind } from '../../bench/report/exports.ts';
import type { Measured } from '../../bench/results.ts';
import { ReportError, ReportFile } from '../../reporters/files/report-file.ts';
import { UsageError } from '../../util/errors.ts';
import type { Io } from '../io.ts';

export interface Reports {
	/** @throws {ReportError} When one can no longer be written. */
	write(measured: Measured, analysis: Analysis): Promise<void>;
	/** Removes what has not been written. */
	discard(): void;
}

/**
 * Makes sure that every report can be written, before anything runs.
 *
 * @param paths - As given on the command line, by kind.
 * @throws {UsageError}
 */
export function openReports(
	paths: { readonly [Kind in ExportKind]?: string },
	{ cwd, interrupted }: Pick<Io, 'cwd' | 'interrupted'>,
): Reports {
	const open: { readonly file: ReportFile; readonly render: Export['render'] }[] = [];
	const discard = () => {
		for (const { file } of open.splice(0)) {
			file.discard();
		}
	};

	const kindOfPath = new Map<string, string>();
	for (const [kind, { render }] of Object.entries(EXPORTS)) {
		const given = paths[kind as ExportKind];
		if (given === undefined) {
			continue;
		}
		const path = resolve(cwd, given);
		const other = kindOfPath.get(path);
		if (other !== undefined) {
			discard();
			throw new UsageError(
				`--${other} and --${kind}: found ${given} twice; give each its own file`,
			);
		}
		kindOfPath.set(path, kind);
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
				file.write(await render(measured, analysis));
				await file.commit(interrupted);
			}
		},
		discard,
	};
}
