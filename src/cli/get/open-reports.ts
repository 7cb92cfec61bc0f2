import { extname, resolve } from 'node:path';
import type { OpenReport } from '../../reporters/files/open-report.ts';
import { UsageError } from '../../util/errors.ts';
import { quote } from '../../util/text.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Io } from '../io.ts';

const KINDS = ['.json', '.ndjson', '.csv', '.xml', '.md', '.html'];
const DETAILED = new Set(['.json', '.ndjson', '.html']);

/** @throws {UsageError} When the ending of a report's name is no kind of report. */
export function checkReports({ report }: GetFlags): void {
	const unknown = report.find((path) => !KINDS.includes(extname(path)));
	if (unknown !== undefined) {
		throw new UsageError(
			`--report: found ${quote(unknown)}; allowed: a name that ends in ${KINDS.join(', ')}`,
		);
	}
}

/** Whether somebody will look at single attempts. */
export function wantsDetail({ report, json }: GetFlags): boolean {
	return json === true || report.some((path) => DETAILED.has(extname(path)));
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
			opened.push(openReport(resolve(cwd, path), undefined, signal));
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
