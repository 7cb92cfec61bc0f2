import { statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { OpenReport } from '../../reporters/files/report-kinds.ts';
import { REPORT_KINDS, reportKindOf } from '../../reporters/files/report-kinds.ts';
import { resolveLinks } from '../../util/directories.ts';
import { UsageError } from '../../util/errors.ts';
import { explainInput } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';
import type { Io } from '../io.ts';
import type { GetFlags } from './options.ts';

/**
 * The files that a run writes beside its targets.
 *
 * @returns Absolute paths, and the option that names each.
 * @throws {UsageError} When the ending of a report's name is no kind of report, or the name is that of
 *   another report or of a list.
 */
export function checkReports(
	{ report, failedFile, input, checksums, config, outputDir }: GetFlags,
	cwd: string,
): ReadonlyMap<string, string> {
	for (const path of report) {
		reportKindOf(REPORT_KINDS, path);
	}
	const read = [['--checksums', checksums] as const, ['--config', config] as const];
	const files = new Map<string, string>();
	for (const [option, given] of read) {
		if (given !== undefined) {
			files.set(fileAt(resolve(cwd, given)), option);
		}
	}
	const lists = new Set(input.map((list) => fileAt(resolve(cwd, list))));
	const targets = resolve(cwd, outputDir);
	const taken = new Map<string, string>();
	const failed = failedFile === undefined ? [] : [['--failed-file', failedFile] as const];
	for (const [option, given] of [...report.map((path) => ['--report', path] as const), ...failed]) {
		const path = resolve(cwd, given);
		// A failed-file may take the place of the list that it is the rest of.
		const file = fileAt(path);
		const other = files.get(file) ?? (option === '--report' && lists.has(file) && '--input');
		if (other) {
			throw new UsageError(
				`${option}: ${explainInput(`${quote(given)}, as ${other} has`, 'a file of its own')}`,
			);
		}
		files.set(file, option);
		taken.set(path, option).set(join(targets, relative(resolveLinks(targets), file)), option);
	}
	return taken;
}

export function wantsDetail({ report, json }: GetFlags): boolean {
	return json === true || report.some((path) => reportKindOf(REPORT_KINDS, path).detail);
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

	const { openReport } = await import('../../reporters/files/report-kinds.ts');
	const { failedFile } = await import('../../reporters/files/failed-file.ts');
	const opened: OpenReport[] = [];
	try {
		for (const path of report) {
			const writer = await reportKindOf(REPORT_KINDS, path).load();
			opened.push(openReport(resolve(cwd, path), writer, signal));
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

/** The file that a path leads to by links, whether or not it is there; a device or pipe has room for several. */
function fileAt(path: string): string {
	try {
		return statSync(path).isFile() ? resolveLinks(path) : path;
	} catch {
		// Whether that is wrong is said where it is read or written.
		return resolveLinks(path);
	}
}
