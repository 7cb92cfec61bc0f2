import { COUNTRY_CODES } from '../targets/countries.ts';
import type { Match } from './scenario.ts';

/** The paths of a server, as scenarios see them. */
export interface ServedFiles {
	/** Every path that a rule can match, as in a URL. */
	readonly paths: readonly string[];
	/** The paths that `select.exactly` chooses from. */
	readonly selectable: readonly string[];
	/** Describes the paths in messages. */
	readonly form: string;
	/** Whether an upstream service has the files, so that no list is complete. */
	readonly areOthers?: boolean;
}

const CODES: readonly string[] = COUNTRY_CODES.map((code) => code.toLowerCase());

/** The 249 countries whose flags the server has: lower case, sorted. */
export function flagCodes(): readonly string[] {
	return CODES;
}

export function flagPath(code: string): string {
	return `/flags/${code}/${code}.gif`;
}

export function metadataPath(code: string): string {
	return `/flags/${code}/metadata.json`;
}

/** The bundled flags with their metadata. Only images are selectable, so that n means n flags. */
export const FLAGS: ServedFiles = {
	paths: CODES.flatMap((code) => [flagPath(code), metadataPath(code)]),
	selectable: CODES.map(flagPath),
	form: '/flags/{cc}/{cc}.gif and /flags/{cc}/metadata.json',
};

/** The files of an upstream service. */
export const UPSTREAM_FILES: ServedFiles = {
	paths: [],
	selectable: [],
	form: 'those of the service',
	areOthers: true,
};

export function matches(match: Match | undefined, path: string): boolean {
	if (match?.path !== undefined && !matchesGlob(globPattern(match.path), path)) {
		return false;
	}
	return match?.codes === undefined || match.codes.includes(codeOf(path));
}

/** The files that `select.exactly` chooses from. */
export function matchingFiles(match: Match | undefined, { selectable }: ServedFiles): string[] {
	return selectable.filter((path) => matches(match, path));
}

/** `br` of `/flags/br/br.gif`. */
function codeOf(path: string): string {
	return path.startsWith('/flags/') ? (path.split('/')[2] ?? '') : '';
}

/** A glob may be written percent-encoded or not. */
function matchesGlob(pattern: RegExp, path: string): boolean {
	return pattern.test(path) || (path.includes('%') && pattern.test(decoded(path)));
}

/** A request to an upstream may contain invalid escapes. */
function decoded(path: string): string {
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}

/** `**` crosses segments, `*` and `?` do not; every other character is literal. */
function globPattern(glob: string): RegExp {
	const source = glob.replace(/\*\*|[\s\S]/g, (token) => {
		if (token === '**') {
			return '.*';
		}
		if (token === '*') {
			return '[^/]*';
		}
		if (token === '?') {
			return '[^/]';
		}
		return token.replace(/[\\^$.|+()[\]{}]/, '\\$&');
	});
	return new RegExp(`^${source}$`, 's');
}
