import { sep } from 'node:path';
import { explainInput } from '../../util/suggest.ts';

/**
 * The decoded segments of a URL path.
 *
 * @param path - As sent.
 * @returns `undefined` for a path that must not reach the file system: with `.`, `..`, an empty segment, a
 *   separator or NUL within a segment, or an invalid escape. A trailing slash adds no segment.
 */
export function segmentsOf(path: string): string[] | undefined {
	const [before, ...parts] = path.split('/');
	if (before !== '' || parts.length === 0) {
		return undefined;
	}
	if (parts.at(-1) === '') {
		parts.pop();
	}
	const segments = parts.map(decode);
	return segments.every(isSafeSegment) ? segments : undefined;
}

/** The canonical path in scenarios, plans and logs: each segment encoded as browsers do. */
export function urlPathOf(segments: readonly string[]): string {
	return `/${segments.map(encodeSegment).join('/')}`;
}

function encodeSegment(name: string): string {
	return encodeURI(name).replace(/[?#]/g, encodeURIComponent);
}

function decode(part: string): string | undefined {
	try {
		return decodeURIComponent(part);
	} catch {
		return undefined;
	}
}

/** Windows has more separators, and streams within files. */
const FORBIDDEN = sep === '\\' ? /[/\\:\0]/ : /[/\0]/;

function isSafeSegment(name: string | undefined): name is string {
	return (
		name !== undefined && name !== '' && name !== '.' && name !== '..' && !FORBIDDEN.test(name)
	);
}

/**
 * Normalizes a path that is percent-encoded or not: `/a b.txt`, `/a%20b.txt`.
 *
 * @throws {RangeError} If a server cannot serve it.
 */
export function normalizeUrlPath(path: string): string {
	const segments = path.endsWith('/')
		? undefined
		: segmentsOf(path.replaceAll(/%(?![\da-f]{2})/gi, '%25'));
	const canonical = segments && urlPathOf(segments);
	if (canonical === undefined || isReservedPath(canonical)) {
		throw new RangeError(
			explainInput(
				`the path ${JSON.stringify(path)}`,
				'one such as "/a/b.txt", without .. and not below /__flagdl/',
			),
		);
	}
	return canonical;
}

/** Whether the path is a route of the server itself. */
export function isReservedPath(path: string): boolean {
	return path === '/healthz' || path.startsWith('/__flagdl/');
}
