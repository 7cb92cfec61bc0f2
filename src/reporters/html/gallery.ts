import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Outcome } from '../../download/outcome.ts';
import { escapeXml } from '../../util/text.ts';
import { formatBytes, formatCount } from '../../util/units.ts';
import { isPresent } from '../outcome-lines.ts';

const MAX_IMAGES = 600;
const MAX_LENGTH = 12_000_000;

/** Thumbnails of the files; keeps no more than it can show. */
export class Gallery {
	readonly #outcomes: Outcome[] = [];
	#count = 0;

	add(outcome: Outcome): void {
		if (!isPresent(outcome.status)) {
			return;
		}
		this.#count += 1;
		if (this.#outcomes.length < MAX_IMAGES) {
			this.#outcomes.push(outcome);
		}
	}

	/** Reads the images and yields HTML with a count of omitted files. */
	async *html(): AsyncGenerator<string, void, undefined> {
		let shown = 0;
		let length = 0;
		for (const outcome of this.#outcomes.sort((a, b) => a.target.index - b.target.index)) {
			const image = length < MAX_LENGTH ? await embedImage(outcome.dest) : undefined;
			if (image === undefined) {
				continue;
			}
			yield shown === 0
				? '<details class="card"><summary>Pictures</summary>\n<div class="gallery">\n'
				: '';
			yield figure(outcome, image);
			shown += 1;
			length += image.length;
		}

		yield shown > 0 ? '</div>\n' : '';

		const left = this.#count - shown;
		if (left > 0 && shown > 0) {
			yield `<p class="soft">${formatCount(left)} more files are not shown: no images, too large, or too many for one page.</p>\n`;
		}
		yield shown > 0 ? '</details>\n' : '';
	}
}

function figure({ target, dest, bytes }: Outcome, image: string): string {
	const name = escapeXml(basename(dest));
	const label = target.id === target.url ? name : escapeXml(target.id);
	const size = bytes > 0 ? ` <span class="soft">${formatBytes(bytes)}</span>` : '';
	return `<figure class="card" title="${name}"><img src="${image}" alt="${label}" loading="lazy"><figcaption>${label}${size}</figcaption></figure>\n`;
}

/** Larger images would make the report too large to attach to a ticket. */
const MAX_BYTES = 262_144;

const SIGNATURES: readonly (readonly [type: string, at: number, bytes: string])[] = [
	['image/gif', 0, 'GIF8'],
	['image/png', 0, '\u0089PNG'],
	['image/jpeg', 0, '\u00ff\u00d8\u00ff'],
	['image/webp', 8, 'WEBP'],
	['image/avif', 4, 'ftypavif'],
];

/** @returns A `data:` URL, or `undefined` if the file is not an image, too large or missing. */
async function embedImage(path: string): Promise<string | undefined> {
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
