import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Login } from '../../download/options.ts';
import { Problems, UsageError } from '../../util/errors.ts';
import { explainInput } from '../../util/suggest.ts';
import type { Io } from '../io.ts';
import { readOptionFile } from '../options/option.ts';

/**
 * @param file - True: `~/.netrc`, which may be absent.
 * @throws {UsageError} If it cannot be read. No message quotes its content.
 */
export function readNetrc(file: string | true, { env, cwd }: Pick<Io, 'env' | 'cwd'>): Login[] {
	const name = file === true ? '~/.netrc' : file;
	// A shell does not expand the `~` of `--netrc=~/x`.
	const path = name.startsWith('~/') ? join(homeDirectory(env), name.slice(2)) : resolve(cwd, name);
	if (file === true && !existsSync(path)) {
		return [];
	}
	const hint = file === true ? '' : '; for ~/.netrc put --netrc behind all codes and URLs';
	return parseNetrc(readOptionFile('--netrc', path, name, hint), name);
}

/** As for curl, an empty `HOME` counts as unset. */
function homeDirectory(env: Io['env']): string {
	try {
		return env['HOME'] || userInfo().homedir;
	} catch (cause) {
		const allowed = 'HOME in the environment, or --netrc=<file>';
		throw new UsageError(`--netrc: ${explainInput('no home directory', allowed)}`, { cause });
	}
}

/** OAuth tokens used as passwords are long. */
const TOKEN_MAX_LENGTH = 4096;

/**
 * Parses a netrc file as curl does: `machine`, `default`, `login` and `password`, on any number of lines;
 * quoted tokens with `\"`, `\\`, `\n`, `\r` and `\t`; `#` starts a comment; `macdef` ends at an empty line.
 *
 * @param name - Name of the file in messages.
 * @throws {UsageError}
 */
export function parseNetrc(text: string, name: string): Login[] {
	const problems = new Problems();
	const logins: Partial<Login>[] = [];
	let keyword: string | undefined;
	let isMacro = false;
	for (const [index, line] of text.split(/\r?\n/).entries()) {
		if (isMacro) {
			isMacro = line.trim() !== '';
			continue;
		}
		let isFirst = true;
		for (const token of tokensOf(line, (problem) =>
			problems.add(`--netrc: ${name}:${index + 1}`, problem),
		)) {
			// `password` at the end of a line is an empty password: the next entry is another host.
			const isNext = isFirst && /^(?:machine|default)$/i.test(token);
			isFirst = false;
			if (keyword !== undefined) {
				take(logins, keyword, isNext ? '' : token);
				keyword = undefined;
				if (!isNext) {
					continue;
				}
			}
			switch (token.toLowerCase()) {
				case 'default':
					logins.push({});
					break;
				case 'macdef':
					isMacro = true;
					break;
				case 'machine':
				case 'login':
				case 'password':
				case 'account':
					keyword = token.toLowerCase();
					break;
			}
		}
	}
	problems.throwIfAny();
	// An entry with neither would only hide the others.
	return logins
		.filter(({ user, password }) => user !== undefined || password !== undefined)
		.map(({ user = '', password = '', ...host }) => ({ ...host, user, password }));
}

function take(logins: Partial<Login>[], keyword: string, token: string): void {
	if (keyword === 'machine') {
		logins.push({ host: token.toLowerCase() });
		return;
	}
	const index = logins.length - 1;
	const last = logins[index];
	if (last !== undefined && keyword !== 'account') {
		logins[index] = { ...last, [keyword === 'login' ? 'user' : 'password']: token };
	}
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function* tokensOf(line: string, problem: (what: string) => void): Generator<string> {
	const pattern = /[ \t]*(?:#.*|"((?:\\.|[^"\\])*)("?)|([^ \t]+))/gy;
	for (const [, quoted, end, plain] of line.matchAll(pattern)) {
		const token = quoted?.replace(/\\(.)/g, (_, one: string) => ESCAPES[one] ?? one) ?? plain;
		if (quoted !== undefined && end === '') {
			problem(
				explainInput('a quote that is not closed', 'a text in quotes, with \\" and \\\\ in it'),
			);
		} else if ((token?.length ?? 0) > TOKEN_MAX_LENGTH) {
			problem(explainInput(`a word of more than ${TOKEN_MAX_LENGTH} characters`, 'shorter ones'));
		} else if (token !== undefined) {
			yield token;
		}
	}
}
