import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ReportFile } from '../reporters/files/report-file.ts';
import { isScenarioFile } from '../scenarios/bundled.ts';
import { resolveLinks } from '../util/directories.ts';
import { throwAll, UsageError } from '../util/errors.ts';
import { explainInput } from '../util/suggest.ts';
import { quote } from '../util/text.ts';

/** Reports that are written at the end. */
export interface ReportFiles<Content extends readonly unknown[]> {
	/** @throws {ReportError | AggregateError} If some can no longer be written; the others are. */
	write(...content: Content): Promise<void>;
	/** Removes the reports that have not been written. */
	discard(): void;
}

export interface WantedReport<Content extends readonly unknown[]> {
	/** Absolute. */
	readonly path: string;
	readonly render: (...content: Content) => string | Promise<string>;
}

/**
 * Opens every report before anything runs, to make sure that it can be written.
 *
 * @param signal - Aborts the wait for the reader of a pipe.
 * @throws {ReportError} If a file cannot be created.
 */
export function openReportFiles<Content extends readonly unknown[]>(
	wanted: readonly WantedReport<Content>[],
	signal: AbortSignal,
): ReportFiles<Content> {
	const open: (WantedReport<Content> & { readonly file: ReportFile })[] = [];
	const discard = () => {
		for (const { file } of open.splice(0)) {
			file.discard();
		}
	};
	for (const one of wanted) {
		try {
			open.push({ ...one, file: new ReportFile(one.path) });
		} catch (error) {
			discard();
			throw error;
		}
	}
	return {
		async write(...content) {
			const failures: unknown[] = [];
			for (const { file, render } of open.splice(0)) {
				try {
					file.write(await render(...content));
					await file.commit(signal);
				} catch (error) {
					failures.push(error);
				}
			}
			throwAll(failures);
		},
		discard,
	};
}

/** Values of options that name files. `true` stands for a default file. */
type OptionFiles = Readonly<Record<string, string | true | readonly string[] | undefined>>;

interface OptionFile {
	readonly option: string;
	readonly given: string;
	/** Absolute. */
	readonly path: string;
	/** With links resolved. */
	readonly file: string;
}

/**
 * Makes sure that no output replaces an input or another output.
 *
 * @param inputs - If two options name the same file, messages name the last one.
 * @throws {UsageError}
 */
export function outputFiles(
	outputs: OptionFiles,
	inputs: OptionFiles,
	cwd: string,
): readonly OptionFile[] {
	// What is written to a device or pipe replaces nothing.
	const replaceable = filesOf(inputs, cwd).filter(
		({ path, given }) => given !== '-' && !isStream(path),
	);
	const taken = new Map(replaceable.map(({ file, option }) => [file, option]));
	const files = filesOf(outputs, cwd);
	for (const { option, given, file } of files) {
		const other = taken.get(file);
		// A failed-file may replace the list that it was derived from.
		if (other !== undefined && !(option === '--failed-file' && other === '--input')) {
			throw new UsageError(
				`${option}: ${explainInput(`${quote(given)}, as ${other} has`, 'a file of its own')}`,
			);
		}
		taken.set(file, option);
	}
	return files;
}

function filesOf(options: OptionFiles, cwd: string): readonly OptionFile[] {
	return Object.entries(options).flatMap(([option, value]) =>
		[value]
			.flat()
			.filter((given) => typeof given === 'string')
			.filter((given) => option !== '--scenario' || isScenarioFile(given))
			.map((given) => {
				const path = resolve(cwd, given);
				return { option, given, path, file: isStream(path) ? path : resolveLinks(path) };
			}),
	);
}

/** Whether it is a device, pipe or directory. */
function isStream(path: string): boolean {
	try {
		return !statSync(path).isFile();
	} catch {
		// If that is an error, it is reported when the file is read or written.
		return false;
	}
}
