import { randomFillSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Bytes that resemble no other content; the same for the same name. */
export function bytesOf(name: string, size: number): Buffer {
	// No byte may start HTML or end a GIF.
	return Buffer.alloc(size, `${name} is ${size} bytes long, and they repeat. `);
}

/** Contents of a tree with typical difficulties: sizes around the limits, and names that need escapes. */
export function treeContents(): Map<string, Buffer> {
	return new Map([
		['empty.txt', Buffer.alloc(0)],
		['one', Buffer.from('1')],
		['small.bin', bytesOf('small', 64 * 1024)],
		['large.bin', bytesOf('large', 64 * 1024 + 1)],
		['with space.txt', Buffer.from('a space')],
		['sub/a#b.txt', Buffer.from('a hash')],
		['sub/100%.txt', Buffer.from('a percent sign')],
		['sub/deeper/ü.txt', Buffer.from('an umlaut')],
		['9 MiB.bin', randomFillSync(Buffer.alloc(9 * 1024 ** 2))],
	]);
}

export function writeTree(folder: string, contents: ReadonlyMap<string, Buffer>): void {
	for (const [name, content] of contents) {
		const place = join(folder, name);
		mkdirSync(dirname(place), { recursive: true });
		writeFileSync(place, content);
	}
}
