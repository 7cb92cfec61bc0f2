import { resolve } from 'node:path';
import { reportKindOf } from '../../reporters/files/kinds.ts';
import { ReportFile } from '../../reporters/files/report-file.ts';
import { REPORT_KINDS } from '../../smoke/report/kinds.ts';
import type { SmokeReport } from '../../smoke/results.ts';
import type { Io } from '../io.ts';
import type { SmokeFlags } from './flags.ts';

export interface Reports {
	/** @throws {ReportError} When one can no longer be written. */
	write(report: SmokeReport): Promise<void>;
	/** As if they had never been; without effect on those that are written. */
	discard(): void;
}

/**
 * Makes sure that every report can be written, before anything runs.
 *
 * @throws {UsageError} When there is no such kind of report.
 * @throws {ReportError} When there can be no such file.
 */
export async function openReports(
	{ junit, report }: SmokeFlags,
	{ cwd, interrupted }: Pick<Io, 'cwd' | 'interrupted'>,
): Promise<Reports> {
	const wanted = [
		...(junit === undefined ? [] : [{ path: junit, kind: REPORT_KINDS['.xml'] }]),
		...report.map((path) => ({ path, kind: reportKindOf(REPORT_KINDS, path) })),
	];
	const open: { readonly file: ReportFile; readonly render: (report: SmokeReport) => string }[] =
		[];
	const discard = () => {
		for (const { file } of open.splice(0)) {
			file.discard();
		}
	};

	try {
		for (const { path, kind } of wanted) {
			const render = await kind.load();
			open.push({ file: new ReportFile(resolve(cwd, path)), render });
		}
	} catch (error) {
		discard();
		throw error;
	}

	return {
		async write(content) {
			for (const { file, render } of open.splice(0)) {
				file.write(render(content));
				await file.commit(interrupted);
			}
		},
		discard,
	};
}
