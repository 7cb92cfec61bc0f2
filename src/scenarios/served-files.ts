import { COUNTRY_CODES } from '../targets/countries.ts';
import type { Match } from './scenario.ts';

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

/** Every path that a scenario can touch. */
export function servedPaths(): string[] {
	return flagCodes().flatMap((code) => [flagPath(code), metadataPath(code)]);
}

/** Whether a path of the server is meant. */
export function matches(match: Match | undefined, path: string): boolean {
	if (match?.path !== undefined && !globPattern(match.path).test(path)) {
		return false;
	}
	return match?.codes === undefined || match.codes.includes(codeOf(path));
}

/** The flags that `select.exactly` chooses from: images only, so that n means n files. */
export function matchingFlags(match: Match | undefined, codes: readonly string[]): string[] {
	return codes.map(flagPath).filter((path) => matches(match, path));
}

/** `br` of `/flags/br/br.gif`. */
function codeOf(path: string): string {
	return path.split('/')[2] ?? '';
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
	return new RegExp(`^${source}$`);
}
