import { resolve } from 'node:path';
import { REPORT_EXTENSIONS, reportKindOf } from '../../reporters/files/kinds.ts';
import type { OpenReport } from '../../reporters/files/open-report.ts';
import { UsageError } from '../../util/errors.ts';
import { quote } from '../../util/text.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Io } from '../io.ts';

/** @throws {UsageError} When the ending of a report's name is no kind of report. */
export function checkReports({ report }: GetFlags): void {
	const unknown = report.find((path) => reportKindOf(path) === undefined);
	if (unknown !== undefined) {
		throw new UsageError(
			`--report: found ${quote(unknown)}; allowed: a name that ends in ${REPORT_EXTENSIONS.join(', ')}`,
		);
	}
}

/** Whether an output of the run shows single attempts. */
export function wantsDetail({ report, json }: GetFlags): boolean {
	return json === true || report.some((path) => reportKindOf(path)?.detail === true);
}

/**
 * Opens `--report` and `--failed-file`; what the files are called is decided when they are whole.
 *
 * @returns Those first that may still fail when they are closed: the others tell its exit code.
 * @throws {ReportError} When one cannot be written; then there is none.
 */
export async function openReports(
	{ report, failedFile: failedPath }: GetFlags,
	{ cwd, interrupted: signal }: Pick<Io, 'cwd' | 'interrupted'>,
): Promise<readonly OpenReport[]> {
	if (report.length === 0 && failedPath === undefined) {
		return [];
	}

	const { openReport } = await import('../../reporters/files/open-report.ts');
	const { failedFile } = await import('../../reporters/files/failed-file.ts');
	const opened: OpenReport[] = [];
	try {
		for (const path of report) {
			const writer = await reportKindOf(path)?.load();
			if (writer !== undefined) {
				opened.push(openReport(resolve(cwd, path), writer, signal));
			}
		}
		if (failedPath !== undefined) {
			opened.push(openReport(resolve(cwd, failedPath), failedFile, signal));
		}
		return opened.sort((one, other) => Number(other.writesThrough) - Number(one.writesThrough));
	} catch (error) {
		for (const open of opened) {
			open.discard();
		}
		throw error;
	}
}
