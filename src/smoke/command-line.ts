import { basename, extname } from 'node:path';
import { UsageError } from '../util/usage-error.ts';

/** What a client's command line may name. */
export interface Place {
	/** Of every target, in order. */
	readonly urls: readonly string[];
	/** Of the flags: `http://127.0.0.1:40123/flags`. */
	readonly baseUrl: string;
	/** A file with a URL a line. */
	readonly listFile: string;
	/** Where to save, and the working directory of the client. */
	readonly outputDir: string;
}

const PLACES: Readonly<Record<string, (place: Place) => string>> = {
	urls: ({ urls }) => urls.join(' '),
	base: ({ baseUrl }) => baseUrl,
	list: ({ listFile }) => listFile,
	dir: ({ outputDir }) => outputDir,
};

/**
 * Puts the places into a line for the shell: `{urls}`, `{base}`, `{list}`, `{dir}`. Their paths must be
 * plain: in `sh -c '… {dir}'` a second shell reads what a first one has unquoted.
 */
export function fillIn(line: string, place: Place): string {
	// A `$` before it makes it a variable of the shell.
	return line.replace(/(?<!\$)\{(\w+)\}/g, (whole, name: string) =>
		Object.hasOwn(PLACES, name) ? (PLACES[name]?.(place) ?? whole) : whole,
	);
}

/** The same for a program that reads its environment. */
export function environmentOf({ baseUrl, listFile, outputDir }: Place): Record<string, string> {
	return { FLAGDL_BASE_URL: baseUrl, FLAGDL_LIST: listFile, FLAGDL_OUTPUT_DIR: outputDir };
}

/**
 * What reports call a client: its programme, or the script that an interpreter runs.
 *
 * @throws {UsageError} Where there is nothing to run.
 */
export function clientName(line: string): string {
	const [program = '', script = ''] = wordsOf(line);
	if (program === '') {
		throw new UsageError(
			"--client: found nothing to run; allowed: a command line such as 'curl -fsSZ --retry 3 --remote-name-all {urls}'",
		);
	}
	const name = basename(program).replace(/\.exe$/i, '');
	return INTERPRETERS.has(name) && /^[^-].*[./]/.test(script)
		? basename(script, extname(script))
		: name;
}

/** Good enough for a name: quotes around words are left out. */
function wordsOf(line: string): string[] {
	return Array.from(line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), ([, double, single, bare]) =>
		(double ?? single ?? bare ?? '').trim(),
	);
}

const INTERPRETERS = new Set(['node', 'python', 'python3', 'ruby', 'perl', 'bash', 'sh']);
