import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import type { Target } from '../../src/targets/target.ts';
import { collect } from '../helpers/collect.ts';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';
import { holds } from '../helpers/held-content.ts';
import { strategies } from '../helpers/strategies.ts';
import { bytesOf, type RawOrigin, startRawOrigin } from '../network/raw-origin.ts';

const STRATEGIES = ['async', 'threads', 'sequential'] as const;

const NOTHING = Buffer.alloc(0);
const SHA256 = createHash('sha256').digest('hex');
const VOUCHED = `Repr-Digest: sha-256=:${createHash('sha256').digest('base64')}:`;
const OTHER = `Repr-Digest: sha-256=:${createHash('sha256').update('a').digest('base64')}:`;
const ZERO = 'Content-Length: 0';

/** Responds without content and with these fields; the second request of a path gets `later`. */
async function startEmpty(fields: readonly string[], later?: string): Promise<RawOrigin> {
	const asked = new Set<string>();
	const origin = await startRawOrigin((socket, { path }) => {
		const lines = ['HTTP/1.1 200 OK', 'Connection: close'];
		const isLater = later !== undefined && asked.has(path);
		asked.add(path);
		socket.end(
			isLater
				? bytesOf([...lines, `Content-Length: ${later.length}`], later)
				: bytesOf([...lines, ...fields]),
		);
	});
	holds(origin.url, [NOTHING, Buffer.from(later ?? '')]);
	return origin;
}

describe.each(STRATEGIES)('an answer without content, by %s,', (strategy) => {
	async function get(
		folder: string,
		{ url }: RawOrigin,
		name: string,
		options: Partial<DownloadOptions> = {},
		more: Partial<Target> = {},
	) {
		const target = { id: name, index: 0, url: `${url}/${name}`, dest: join(folder, name), ...more };
		const [outcome] = await collect(
			strategies[strategy]([target], {
				options: { ...DEFAULT_OPTIONS, retries: 0, ...options },
				concurrency: 2,
				threads: 1,
				signal: new AbortController().signal,
			}),
		);
		return { code: outcome?.failure?.code ?? outcome?.status, requests: outcome?.requests };
	}

	it.for<[string, string[], Partial<Target>, Partial<DownloadOptions>]>([
		['__init__.py', [ZERO], {}, {}],
		['type.txt', [ZERO, 'Content-Type: text/plain'], {}, {}],
		['checksum.txt', [], { sha256: SHA256 }, {}],
		['digest.txt', [VOUCHED], {}, {}],
		['unchecked.gif', [ZERO], {}, { contentCheck: false }],
	] as const)(
		'is the file %s if it is known to be empty',
		async ([name, fields, more, options], { folder }) => {
			const origin = await startEmpty(fields);

			expect(await get(folder, origin, name, options, more)).toEqual({ code: 'ok', requests: 1 });
			expect(await readFile(join(folder, name))).toEqual(NOTHING);
		},
	);

	it.for<[string, string[], Partial<Target>]>([
		['flag.gif', [ZERO], {}],
		['flag.avif', [ZERO], {}],
		['type', [ZERO, 'Content-Type: image/png'], {}],
		['checksum.gif', [ZERO], { sha256: SHA256 }],
		['unannounced.txt', [], {}],
		['other-checksum.txt', [ZERO], { sha256: 'a'.repeat(64) }],
		['other-digest.txt', [ZERO, OTHER], {}],
	] as const)('is no file %s', async ([name, fields, more], { folder }) => {
		const origin = await startEmpty(fields);

		expect(await get(folder, origin, name, {}, more)).toEqual({ code: 'empty_body', requests: 1 });
		expect(await filesIn(folder)).toEqual([]);
	});

	it('does not update what is there, and is tried again', async ({ folder }) => {
		await writeFile(join(folder, 'list.txt'), 'earlier');
		const origin = await startEmpty([ZERO], 'later');
		const always = await startEmpty([ZERO]);
		const update = { ifExists: 'update' } as const;

		expect(await get(folder, always, 'list.txt', update)).toEqual({
			code: 'empty_body',
			requests: 1,
		});
		expect(await readFile(join(folder, 'list.txt'), 'utf8')).toBe('earlier');
		expect(await get(folder, origin, 'list.txt', { ...update, retries: 1 })).toEqual({
			code: 'ok',
			requests: 2,
		});
		expect(await readFile(join(folder, 'list.txt'), 'utf8')).toBe('later');
	});

	it('updates what is there if that is empty, too, or if the checksum says so', async ({
		folder,
	}) => {
		await writeFile(join(folder, 'empty.txt'), '');
		await writeFile(join(folder, 'full.txt'), 'earlier');
		const origin = await startEmpty([ZERO]);
		const update = { ifExists: 'update' } as const;

		expect(await get(folder, origin, 'empty.txt', update)).toEqual({ code: 'ok', requests: 1 });
		expect(await get(folder, origin, 'full.txt', update, { sha256: SHA256 })).toEqual({
			code: 'ok',
			requests: 1,
		});
		expect(await readFile(join(folder, 'full.txt'))).toEqual(NOTHING);
	});
});
