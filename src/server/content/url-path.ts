import { sep } from 'node:path';
import { explainInput } from '../../util/suggest.ts';

/**
 * The names in the path of a URL, decoded once.
 *
 * @param path - As sent.
 * @returns `undefined` for what must not reach a file system: `.` and `..`, empty names, a separator or NUL
 *   within a name, broken escapes. The name after a last slash is left out.
 */
export function namesOf(path: string): string[] | undefined {
	const [before, ...parts] = path.split('/');
	if (before !== '' || parts.length === 0) {
		return undefined;
	}
	if (parts.at(-1) === '') {
		parts.pop();
	}
	const names = parts.map(decode);
	return names.every(isPlainName) ? names : undefined;
}

/** The one form of a path that scenarios, plans and logs know: each name encoded as browsers encode it. */
export function urlPathOf(names: readonly string[]): string {
	return `/${names.map(encodeName).join('/')}`;
}

function encodeName(name: string): string {
	return encodeURI(name).replace(/[?#]/g, encodeURIComponent);
}

function decode(part: string): string | undefined {
	try {
		return decodeURIComponent(part);
	} catch {
		return undefined;
	}
}

/** Windows has further separators, and streams within files. */
const FORBIDDEN = sep === '\\' ? /[/\\:\0]/ : /[/\0]/;

function isPlainName(name: string | undefined): name is string {
	return (
		name !== undefined && name !== '' && name !== '.' && name !== '..' && !FORBIDDEN.test(name)
	);
}

/**
 * The URL path of one that is written encoded or not: `/a b.txt`, `/a%20b.txt`.
 *
 * @throws {RangeError} If it is none that a server may have.
 */
export function urlPathOfGiven(path: string): string {
	const names = path.endsWith('/')
		? undefined
		: namesOf(path.replaceAll(/%(?![\da-f]{2})/gi, '%25'));
	if (names === undefined || isReservedPath(path)) {
		throw new RangeError(
			explainInput(
				`the path ${JSON.stringify(path)}`,
				'one such as "/a/b.txt", without .. and not below /__flagdl/',
			),
		);
	}
	return urlPathOf(names);
}

/** Whether the server itself answers there, whatever files it has. */
export function isReservedPath(path: string): boolean {
	return path === '/healthz' || path.startsWith('/__flagdl/');
}
