import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import { collect } from '../helpers/collect.ts';
import { filesIn } from '../helpers/files-in.ts';
import { GIF, holds } from '../helpers/held-content.ts';
import { strategies } from '../helpers/strategies.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { bytesOf, chunked, type RawOrigin, startRawOrigin } from '../network/raw-origin.ts';

const STRATEGIES = ['async', 'threads', 'sequential'] as const;

const drawn = sharp({ create: { width: 90, height: 60, channels: 3, background: '#c00' } });
const PNG = await drawn.clone().png().toBuffer();
const JPEG = await drawn.clone().jpeg().toBuffer();
const WEBP = await drawn.clone().webp().toBuffer();
const FILM = Buffer.from('\0\0\0\x18ftypmp42'.padEnd(200_000, '\x07'), 'latin1');
const LICENCE = `<!-- ${'licence '.repeat(2000)} -->`;

type Framing = 'length' | 'chunked' | 'close';
type Case = readonly [name: string, type: string | undefined, content: Buffer, framing?: Framing];

const GOOD: readonly Case[] = [
	['motion.jpg', 'image/jpeg', Buffer.concat([JPEG, FILM])],
	['motion-to-the-end.jpg', 'image/jpeg', Buffer.concat([JPEG, FILM]), 'close'],
	['padded.jpeg', 'image/jpeg', Buffer.concat([JPEG, Buffer.alloc(100)]), 'chunked'],
	['archive.png', 'image/png', Buffer.concat([PNG, Buffer.from('PK\x03\x04')])],
	['more.gif', 'image/gif', Buffer.concat([GIF, Buffer.alloc(300, 'A')])],
	['more.webp', 'image/webp', Buffer.concat([WEBP, Buffer.alloc(9)])],
	['no-trailer.gif', 'image/gif', GIF.subarray(0, -1)],
	['no-trailer-in-chunks.gif', 'image/gif', GIF.subarray(0, -1), 'chunked'],
	['late.svg', 'image/svg+xml', Buffer.from(`<?xml version="1.0"?>${LICENCE}<svg></svg>\n`)],
	['utf-16.svg', undefined, Buffer.from('\ufeff<svg><g/></svg>', 'utf16le')],
	['subtype.png', 'image/jpeg', PNG],
	['any-subtype.jpg', 'image/*', JPEG],
	['no-subtype.webp', 'image/vnd.example', WEBP],
	['opaque.gif', 'application/octet-stream', GIF],
	['opaque.webp', 'binary/octet-stream', WEBP],
];

const CUT: readonly Case[] = [
	['segment.jpg', 'image/jpeg', JPEG.subarray(0, 100)],
	['end.jpg', 'image/jpeg', JPEG.subarray(0, -2)],
	['chunk.png', 'image/png', PNG.subarray(0, -3)],
	['chunk-after-chunk.png', 'image/png', PNG.subarray(0, -12)],
	['block.gif', 'image/gif', GIF.subarray(0, -2)],
	[
		'block-that-looks-like-the-end.gif',
		'image/gif',
		Buffer.from(`${GIF.toString('latin1', 0, 13)};`),
	],
	['size.webp', 'image/webp', WEBP.subarray(0, -1)],
	['root.svg', 'image/svg+xml', Buffer.from('<svg><path/>')],
];

const CUT_OFF: readonly Case[] = CUT.flatMap(([name, type, content]) =>
	(['length', 'chunked', 'close'] as const).map(
		(framing): Case => [`${framing}-${name}`, type, content, framing],
	),
);

const WRONG: readonly (readonly [code: string, ...Case])[] = [
	// Only its trailer shows that it is complete.
	['truncated', 'no-trailer.gif', 'image/gif', GIF.subarray(0, -1), 'close'],
	['bad_image', 'other.gif', 'image/png', PNG],
	['bad_image', 'other.png', 'application/octet-stream', JPEG],
	['content_type', 'page.gif', 'text/html', GIF],
	['bad_image', 'page.ico', 'text/html', Buffer.from('<!doctype html>')],
];

function answerOf([, type, content, framing = 'length']: Case): Buffer {
	const lines = ['HTTP/1.1 200 OK', 'Connection: close'];
	if (type !== undefined) {
		lines.push(`Content-Type: ${type}`);
	}
	switch (framing) {
		case 'length':
			return bytesOf([...lines, `Content-Length: ${content.length}`], content);
		case 'chunked':
			return bytesOf([...lines, 'Transfer-Encoding: chunked'], chunked(content, 5000));
		case 'close':
			return bytesOf(lines, content);
	}
}

async function startImages(cases: readonly Case[]): Promise<RawOrigin> {
	const origin = await startRawOrigin((socket, { path }) => {
		const found = cases.find(([name]) => path === `/${name}`);
		socket.end(found === undefined ? '' : answerOf(found));
	});
	for (const [name, , content] of cases) {
		holds(`${origin.url}/${name}`, content);
	}
	return origin;
}

describe.each(STRATEGIES)('strategy %s', (strategy) => {
	async function codesOf(
		cases: readonly Case[],
		folder: string,
		options: Partial<DownloadOptions> = {},
	): Promise<Record<string, string>> {
		const origin = await startImages(cases);
		const targets = cases.map(([name], index) => {
			return { id: name, index, url: `${origin.url}/${name}`, dest: join(folder, name) };
		});
		const context = {
			options: { ...DEFAULT_OPTIONS, retries: 0, ...options },
			concurrency: 4,
			threads: 2,
			signal: new AbortController().signal,
		};
		const outcomes: Outcome[] = await collect(strategies[strategy](targets, context));
		return Object.fromEntries(
			outcomes.map(({ target, status, failure }) => [target.id, failure?.code ?? status]),
		);
	}

	const all = (cases: readonly Case[], code: string) =>
		Object.fromEntries(cases.map(([name]) => [name, code]));

	it('takes images for whole that have more behind them, a late root or the type of another', async () => {
		expect(await codesOf(GOOD, await temporaryFolder())).toEqual(all(GOOD, 'ok'));
	});

	it('finds what is cut off, whether or not a length was announced', async () => {
		const folder = await temporaryFolder();

		expect(await codesOf(CUT_OFF, folder)).toEqual(all(CUT_OFF, 'truncated'));
		expect(await filesIn(folder)).toEqual([]);
	});

	it('refuses what is no image of its name', async () => {
		const folder = await temporaryFolder();
		const codes = await codesOf(
			WRONG.map(([, ...rest]) => rest),
			folder,
		);

		expect(codes).toEqual(Object.fromEntries(WRONG.map(([code, name]) => [name, code])));
		expect(await filesIn(folder)).toEqual([]);
	});

	it('takes all of them if content is not to be checked', async () => {
		const cases = [...CUT_OFF, ...WRONG.map(([, ...rest]): Case => rest)];
		const codes = await codesOf(cases, await temporaryFolder(), { contentCheck: false });

		expect(codes).toEqual(all(cases, 'ok'));
	});
});
