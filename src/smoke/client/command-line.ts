import { basename, extname } from 'node:path';
import { caEnvironment } from '../../server/certificate.ts';
import { UsageError } from '../../util/errors.ts';
import { isPlainWord } from '../../util/shell.ts';
import { explainInput, list, suggest } from '../../util/suggest.ts';

/** What a client's command line may name. */
export interface Place {
	/** Of every target, in order. */
	readonly urls: readonly string[];
	/** Of the flags: `http://127.0.0.1:40123/flags`. */
	readonly baseUrl: string;
	/** A file with a URL a line. */
	readonly listFile: string;
	/** What to trust, if it is a server of HTTPS with a certificate made for the run. */
	readonly caFile?: string;
	/** Where to save, and the working directory of the client. */
	readonly outputDir: string;
}

/** The shell that runs a command line. */
export type Shell = 'sh' | 'cmd';

/** What `cmd` has no other meaning for, in quotes or not. */
const PLAIN_FOR_CMD = /^[\w@+:./\\-]+$/;

/** A `$` before it makes it a variable of the shell. */
const PLACEHOLDER = /(?<!\$)\{(\w+)\}/g;

const VARIABLES: Readonly<Record<string, string>> = {
	base: 'FLAGDL_BASE_URL',
	list: 'FLAGDL_LIST',
	dir: 'FLAGDL_OUTPUT_DIR',
};

/** For a program that reads its environment. */
export function environmentOf(place: Place): Record<string, string> {
	const { baseUrl, listFile, outputDir, caFile } = place;
	return {
		FLAGDL_BASE_URL: baseUrl,
		FLAGDL_LIST: listFile,
		FLAGDL_OUTPUT_DIR: outputDir,
		...caEnvironment(caFile),
	};
}

/**
 * Puts the places into a line for the shell: `{urls}`, `{base}`, `{list}`, `{dir}`, also within quotes. A
 * path that is not plain is named by its variable, so that a shell never takes a part of it for a command.
 */
export function fillIn(line: string, place: Place, shell: Shell): string {
	const environment = environmentOf(place);
	return line.replace(PLACEHOLDER, (whole, name: string, at: number) => {
		if (name === 'urls') {
			return place.urls.join(' ');
		}
		const variable = Object.hasOwn(VARIABLES, name) ? VARIABLES[name] : undefined;
		if (variable === undefined) {
			return whole;
		}
		const value = environment[variable] ?? '';
		const isPlain = shell === 'cmd' ? PLAIN_FOR_CMD.test(value) : isPlainWord(value);
		return isPlain ? value : reference(variable, shell, line.slice(0, at));
	});
}

/**
 * Other words in braces are left to the shell and its programs (`awk '{print}'`), unless one of ours was meant.
 *
 * @throws {UsageError} For `{url}`.
 */
export function assertPlaceholders(line: string): void {
	const known = ['urls', ...Object.keys(VARIABLES)];
	for (const [found, name = ''] of line.matchAll(PLACEHOLDER)) {
		const meant = known.includes(name) ? undefined : suggest(name, known);
		if (meant !== undefined) {
			throw new UsageError(
				`--client: ${explainInput(found, list(known.map((one) => `{${one}}`)), `{${meant}}`)}`,
			);
		}
	}
}

/** The value of a variable as one word, or as a part of the quotes that are open after `before`. */
function reference(variable: string, shell: Shell, before: string): string {
	if (shell === 'cmd') {
		const isQuoted = before.split('"').length % 2 === 0;
		return isQuoted ? `%${variable}%` : `"%${variable}%"`;
	}
	const quotes = openQuotes(before);
	const word = quotes === '"' ? `\${${variable}}` : `"\${${variable}}"`;
	return quotes === "'" ? `'${word}'` : word;
}

/** The quotes that are open at the end of a part of a line for `sh`; `$(…)` begins anew within them. */
function openQuotes(text: string): string | undefined {
	const open: string[] = [];
	for (let index = 0; index < text.length; index += 1) {
		const character = text.charAt(index);
		const innermost = open.at(-1);
		if (innermost === "'") {
			if (character === "'") {
				open.pop();
			}
		} else if (character === '\\') {
			index += 1;
		} else if (character === CLOSING[innermost ?? '']) {
			open.pop();
		} else if (character === '"' || (character === "'" && innermost !== '"')) {
			open.push(character);
		} else if (character === '(' && (innermost === '(' || text.charAt(index - 1) === '$')) {
			open.push(character);
		}
	}
	return open.at(-1);
}

const CLOSING: Readonly<Record<string, string>> = { '"': '"', '(': ')' };

/**
 * What reports call a client: its programme, or the script that an interpreter runs.
 *
 * @throws {UsageError} Where there is nothing to run.
 */
export function clientName(line: string): string {
	const [program = '', script = ''] = wordsOf(line);
	if (program === '') {
		throw new UsageError(
			`--client: ${explainInput('nothing to run', "a command line such as 'curl -fsSZ --retry 3 --remote-name-all {urls}'")}`,
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
