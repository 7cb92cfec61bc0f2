import { COUNTRY_CODES } from '../targets/countries.ts';

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
