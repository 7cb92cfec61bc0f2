import { join, relative, resolve } from 'node:path';
import type { OpenReport } from '../../reporters/files/report-kinds.ts';
import { REPORT_KINDS, reportKindOf } from '../../reporters/files/report-kinds.ts';
import { STATE_FILE } from '../../targets/safe-path.ts';
import { resolveLinks } from '../../util/directories.ts';
import type { Io } from '../io.ts';
import { outputFiles } from '../report-files.ts';
import type { GetFlags } from './options.ts';

/**
 * Checks the paths of the files that a run writes in addition to its targets.
 *
 * @returns Absolute paths, and the option that names each.
 * @throws {UsageError} If the extension of a report is unknown, or its path is that of another report or of
 *   an input.
 */
export function checkReports(flags: GetFlags, cwd: string): ReadonlyMap<string, string> {
	const { report, failedFile, input, checksums, config, scenario, outputDir } = flags;
	const { cookies, netrc, cacert, cert, key } = flags;
	for (const path of report) {
		reportKindOf(REPORT_KINDS, path);
	}
	const inputs = {
		...{ '--input': input, '--checksums': checksums, '--config': config, '--scenario': scenario },
		...{ '--cookies': cookies, '--netrc': netrc },
		...{ '--cacert': cacert, '--cert': cert, '--key': key },
		// A later --if-exists update reads it.
		'--state': join(outputDir, STATE_FILE),
	};
	const outputs = { '--report': report, '--failed-file': failedFile };
	const targets = resolve(cwd, outputDir);
	return new Map(
		outputFiles(outputs, inputs, cwd).flatMap(({ option, path, file }) => [
			[path, option],
			[join(targets, relative(resolveLinks(targets), file)), option],
		]),
	);
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
