import { readFile, stat } from 'node:fs/promises';

/** Larger images make a report that no ticket takes. */
const MAX_BYTES = 262_144;

const SIGNATURES: readonly (readonly [type: string, at: number, bytes: string])[] = [
	['image/gif', 0, 'GIF8'],
	['image/png', 0, '\u0089PNG'],
	['image/jpeg', 0, '\u00ff\u00d8\u00ff'],
	['image/webp', 8, 'WEBP'],
	['image/avif', 4, 'ftypavif'],
];

/** @returns A `data:` URL, or `undefined` where the file is no image, too large or gone. */
export async function embedImage(path: string): Promise<string | undefined> {
	try {
		if ((await stat(path)).size > MAX_BYTES) {
			return undefined;
		}
		const content = await readFile(path);
		const head = content.subarray(0, 16).toString('latin1');
		const [type] = SIGNATURES.find(([, at, bytes]) => head.startsWith(bytes, at)) ?? [];
		return type === undefined ? undefined : `data:${type};base64,${content.toString('base64')}`;
	} catch {
		return undefined;
	}
}
