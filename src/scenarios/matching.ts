import { flagPath } from './flag-codes.ts';
import type { Match } from './scenario.ts';

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
