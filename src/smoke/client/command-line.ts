import { existsSync } from 'node:fs';
import { basename, extname, isAbsolute, resolve } from 'node:path';
import { caEnvironment } from '../../server/certificate.ts';
import { UsageError } from '../../util/errors.ts';
import { isPlainWord } from '../../util/shell.ts';
import { explainInput, list, suggest } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';

/** URLs and paths that a client's command line may refer to. */
export interface Workspace {
	/** URL of every target, in order. */
	readonly urls: readonly string[];
	/** Root of the flags: `http://127.0.0.1:40123/flags`. */
	readonly baseUrl: string;
	/** A file with one URL per line. */
	readonly listFile: string;
	/** CA of an HTTPS server with a certificate created for the run. */
	readonly caFile?: string;
	/** Output and working directory of the client. */
	readonly outputDir: string;
}

/** The shell that runs a command line. */
export type Shell = 'sh' | 'cmd';

/** Characters without special meaning to `cmd`, quoted or not. */
const PLAIN_FOR_CMD = /^[\w@+:./\\-]+$/;

/** Not preceded by `$`, which would make it a shell variable. */
const PLACEHOLDER = /(?<!\$)\{(\w+)\}/g;

const VARIABLES: Readonly<Record<string, string>> = {
	base: 'FLAGDL_BASE_URL',
	list: 'FLAGDL_LIST',
	dir: 'FLAGDL_OUTPUT_DIR',
};

/** The workspace as environment variables. */
export function environmentOf(workspace: Workspace): Record<string, string> {
	const { baseUrl, listFile, outputDir, caFile } = workspace;
	return {
		FLAGDL_BASE_URL: baseUrl,
		FLAGDL_LIST: listFile,
		FLAGDL_OUTPUT_DIR: outputDir,
		...caEnvironment(caFile),
	};
}

/**
 * Replaces the placeholders `{urls}`, `{base}`, `{list}` and `{dir}` in a shell command line, also within
 * quotes. A value with special characters is replaced by its variable, so that the shell never interprets it.
 */
export function expandPlaceholders(line: string, workspace: Workspace, shell: Shell): string {
	const environment = environmentOf(workspace);
	return line.replace(PLACEHOLDER, (whole, name: string, at: number) => {
		if (name === 'urls') {
			return workspace.urls.join(' ');
		}
		const variable = Object.hasOwn(VARIABLES, name) ? VARIABLES[name] : undefined;
		if (variable === undefined) {
			return whole;
		}
		const value = environment[variable] ?? '';
		const isPlain = shell === 'cmd' ? PLAIN_FOR_CMD.test(value) : isPlainWord(value);
		return isPlain ? value : expandVariable(variable, shell, line.slice(0, at));
	});
}

/**
 * Other words in braces belong to the shell and its programs (`awk '{print}'`), unless they resemble a
 * placeholder.
 *
 * @throws {UsageError} For a likely misspelling, such as `{url}`.
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

/** Expands a variable as one word, or within the quotes that are open after `before`. */
function expandVariable(variable: string, shell: Shell, before: string): string {
	if (shell === 'cmd') {
		const isQuoted = before.split('"').length % 2 === 0;
		return isQuoted ? `%${variable}%` : `"%${variable}%"`;
	}
	const quotes = openQuotes(before);
	const word = quotes === '"' ? `\${${variable}}` : `"\${${variable}}"`;
	return quotes === "'" ? `'${word}'` : word;
}

/** The innermost quote that is open at the end of a partial `sh` line; `$(…)` nests within quotes. */
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
 * The name of a client in reports: its program, or the script that an interpreter runs.
 *
 * @throws {UsageError} If the command line is empty.
 */
export function clientName(line: string): string {
	const [program = '', script = ''] = wordsOf(line);
	if (program === '') {
		throw new UsageError(
			`--client: ${explainInput('nothing to run', "a command line such as 'curl -fsSZ --retry 3 --remote-name-all {urls}'")}`,
		);
	}
	return isScript(program, script) ? basename(script, extname(script)) : withoutExe(program);
}

/**
 * A client runs in a directory of its own, where the shell would not find a relative path.
 *
 * @throws {UsageError} If the program, or the script that an interpreter runs, is a relative path of `cwd`.
 */
export function assertAbsolutePaths(line: string, cwd: string): void {
	const [program = '', script = ''] = wordsOf(line);
	const relative = [program.includes('/') ? program : '', isScript(program, script) ? script : '']
		.filter((path) => path !== '' && !isAbsolute(path))
		.find((path) => existsSync(resolve(cwd, path)));
	if (relative !== undefined) {
		throw new UsageError(
			`--client: ${explainInput(quote(relative), 'an absolute path, since a client runs in a directory of its own', resolve(cwd, relative))}`,
		);
	}
}

/** Splits a command line roughly, which is sufficient for names; removes quotes around words. */
function wordsOf(line: string): string[] {
	return Array.from(line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), ([, double, single, bare]) =>
		(double ?? single ?? bare ?? '').trim(),
	);
}

function isScript(program: string, argument: string): boolean {
	return INTERPRETERS.has(withoutExe(program)) && /^[^-].*[./]/.test(argument);
}

function withoutExe(program: string): string {
	return basename(program).replace(/\.exe$/i, '');
}

const INTERPRETERS = new Set(['node', 'python', 'python3', 'ruby', 'perl', 'bash', 'sh']);
