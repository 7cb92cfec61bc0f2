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

const PLACES: Readonly<Record<string, (place: Place) => readonly string[]>> = {
	urls: ({ urls }) => urls,
	base: ({ baseUrl }) => [baseUrl],
	list: ({ listFile }) => [listFile],
	dir: ({ outputDir }) => [outputDir],
};

/**
 * Puts the places into a line for the shell: `{urls}`, `{base}`, `{list}`, `{dir}`. Each word is quoted
 * as the place needs it, also within quotes: what a path holds is never obeyed.
 */
export function fillIn(line: string, place: Place): string {
	// A `$` before it makes it a variable of the shell.
	return line.replace(/(?<!\$)\{(\w+)\}/g, (whole, name: string, at: number) => {
		const words = Object.hasOwn(PLACES, name) ? PLACES[name]?.(place) : undefined;
		const quotes = quotesAt(line, at);
		return words?.map((word) => quote(word, quotes)).join(' ') ?? whole;
	});
}

/** Within which quotes of the shell a place stands. */
function quotesAt(line: string, at: number): '' | '"' | "'" {
	let quotes: '' | '"' | "'" = '';
	for (let index = 0; index < at; index += 1) {
		const character = line[index];
		if (character === '\\' && quotes !== "'") {
			index += 1;
		} else if (character === quotes) {
			quotes = '';
		} else if (quotes === '' && (character === '"' || character === "'")) {
			quotes = character;
		}
	}
	return quotes;
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

function quote(word: string, quotes: '' | '"' | "'"): string {
	if (/^[\w@%+=:,./-]+$/.test(word)) {
		return word;
	}
	const inSingle = word.replaceAll("'", "'\\''");
	switch (quotes) {
		case "'":
			return inSingle;
		case '"':
			return word.replace(/[\\"$`]/g, '\\$&');
		case '':
			return `'${inSingle}'`;
	}
}
