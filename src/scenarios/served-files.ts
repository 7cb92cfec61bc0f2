import { COUNTRY_CODES } from '../targets/countries.ts';
import type { Match } from './scenario.ts';

/** The files that a server has, as a scenario sees them: names, and no content. */
export interface ServedFiles {
	/** Every path that a rule can touch, as it stands in a URL. */
	readonly paths: readonly string[];
	/** Those that `select.exactly` chooses from. */
	readonly selectable: readonly string[];
	/** What a message says of the paths. */
	readonly form: string;
	/** It is a service behind the server that has them, and no list is complete. */
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

/** The bundled flags with their metadata. Chosen from are images only, so that n means n flags. */
export const FLAGS: ServedFiles = {
	paths: CODES.flatMap((code) => [flagPath(code), metadataPath(code)]),
	selectable: CODES.map(flagPath),
	form: '/flags/{cc}/{cc}.gif and /flags/{cc}/metadata.json',
};

/** Of a service behind the server. */
export const FILES_OF_OTHERS: ServedFiles = {
	paths: [],
	selectable: [],
	form: 'those of the service',
	areOthers: true,
};

/** Whether a path of the server is meant. */
export function matches(match: Match | undefined, path: string): boolean {
	if (match?.path !== undefined && !isLike(globPattern(match.path), path)) {
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

/** A glob may be written as the file is named or as its URL is. */
function isLike(pattern: RegExp, path: string): boolean {
	return pattern.test(path) || (path.includes('%') && pattern.test(decoded(path)));
}

/** A service may be asked for what is no encoding. */
function decoded(path: string): string {
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}

/** `**` crosses segments, `*` and `?` do not; every other character stands for itself. */
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
