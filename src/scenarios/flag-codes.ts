import { readFileSync } from 'node:fs';

let codes: readonly string[] | undefined;

/** The 249 countries whose flags the server has: lower case, sorted. Read once, when first asked for. */
export function flagCodes(): readonly string[] {
	codes ??= readCodes();
	return codes;
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

function readCodes(): string[] {
	const file = new URL('../../fixtures/countries.json', import.meta.url);
	const countries = JSON.parse(readFileSync(file, 'utf8')) as readonly { iso_cc: string }[];
	return countries.map(({ iso_cc }) => iso_cc.toLowerCase()).sort();
}
