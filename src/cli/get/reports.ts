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
 * Checks the paths of the files that a run writes in addition to its targets.
 *
 * @returns Absolute paths, and the option that names each.
 * @throws {UsageError} If the extension of a report is unknown, or its path is that of another report or of a
 *   list.
 */
export function checkReports(
	{ report, failedFile, input, checksums, config, outputDir }: GetFlags,
	cwd: string,
): ReadonlyMap<string, string> {
	for (const path of report) {
		reportKindOf(REPORT_KINDS, path);
	}
	const inputs = [['--checksums', checksums] as const, ['--config', config] as const];
	const files = new Map<string, string>();
	for (const [option, given] of inputs) {
		if (given !== undefined) {
			files.set(resolveFile(resolve(cwd, given)), option);
		}
	}
	const lists = new Set(input.map((list) => resolveFile(resolve(cwd, list))));
	const targets = resolve(cwd, outputDir);
	const taken = new Map<string, string>();
	const failed = failedFile === undefined ? [] : [['--failed-file', failedFile] as const];
	for (const [option, given] of [...report.map((path) => ['--report', path] as const), ...failed]) {
		const path = resolve(cwd, given);
		// A failed-file may replace the list that it was derived from.
		const file = resolveFile(path);
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
 * Opens `--report` and `--failed-file`; the files get their final names when they are complete.
 *
 * @returns Reports that can still fail on close come first, since the others record the exit code.
 * @throws {ReportError} If one cannot be written; all are then discarded.
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

/** Resolves links to a file, which need not exist. Keeps devices and pipes, which several reports can share. */
function resolveFile(path: string): string {
	try {
		return statSync(path).isFile() ? resolveLinks(path) : path;
	} catch {
		// If that is an error, it is reported when the file is read or written.
		return resolveLinks(path);
	}
}
