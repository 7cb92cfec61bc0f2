import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { filesIn } from '../helpers/files-in.ts';
import { FLAGDL, startProcess } from '../helpers/flagdl.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { bytesOf, chunked, type RawOrigin, startRawOrigin } from './raw-origin.ts';

const OK = 'HTTP/1.1 200 OK';
const SMALL = Buffer.from('a file that was stored encoded\n'.repeat(40));
const LARGE = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
const sha256 = (content: Buffer) => createHash('sha256').update(content);

let folder: string;

beforeEach(async () => {
	folder = await temporaryFolder();
});

/** A response with these codings; length and digest are those of the sent bytes. */
function encodedAs(codings: string, sent: Buffer, ...more: string[]): Buffer {
	const digest = `Repr-Digest: sha-256=:${sha256(sent).digest('base64')}:`;
	return bytesOf(
		[OK, `Content-Encoding: ${codings}`, `Content-Length: ${sent.length}`, digest, ...more],
		sent,
	);
}

/** Serves each path with the response of that name. */
async function serve(responses: Readonly<Record<string, Buffer>>): Promise<RawOrigin> {
	return await startRawOrigin((socket, { path }) => {
		socket.write(responses[path.slice(1)] ?? bytesOf(['HTTP/1.1 404 X', 'Content-Length: 0']));
	});
}

interface Told {
	readonly type: string;
	readonly id: string;
	readonly requests: number;
	readonly error?: { readonly code: string; readonly message: string };
	readonly exitCode?: number;
}

/** Downloads all files; each value is appended to the line of the list. */
async function get(
	{ url }: RawOrigin,
	files: Readonly<Record<string, string>>,
	...args: string[]
): Promise<Map<string, Told>> {
	const lines = Object.entries(files).map(([path, more]) => `${url}/${path}\t${path}${more}`);
	await writeFile(join(folder, 'list'), `${lines.join('\n')}\n`);
	const [node, bin] = FLAGDL;
	const { stdout } = await startProcess(node, [bin, '-i', 'list', '--json', ...args], folder).ended;
	const told = stdout
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line) as Told)
		.filter(({ type }) => type === 'outcome');
	return new Map(told.map((one) => [new URL(one.id).pathname.slice(1), one]));
}

async function saved(path: string): Promise<Buffer> {
	return await readFile(join(folder, 'downloads', path));
}

const ENCODERS: Readonly<Record<string, (content: Buffer) => Buffer>> = {
	gzip: (content) => zlib.gzipSync(content),
	'x-gzip': (content) => zlib.gzipSync(content),
	GZip: (content) => zlib.gzipSync(content),
	deflate: (content) => zlib.deflateSync(content),
	'deflate without its header': (content) => zlib.deflateRawSync(content),
	br: (content) => zlib.brotliCompressSync(content),
	'gzip, br': (content) => zlib.brotliCompressSync(zlib.gzipSync(content)),
	'gzip ; q=1': (content) => zlib.gzipSync(content),
	'"gzip"': (content) => zlib.gzipSync(content),
	'identity, gzip': (content) => zlib.gzipSync(content),
};

describe.each(['async', 'threads', 'sequential'])('content codings, strategy %s', (strategy) => {
	it('undoes each of them in one request, of small and of large files', async () => {
		const responses: Record<string, Buffer> = {};
		const sources = Object.entries(ENCODERS).flatMap(([name, encode], index) =>
			[SMALL, LARGE].map((content, size) => ({ name, encode, content, path: `${index}-${size}` })),
		);
		for (const { name, encode, content, path } of sources) {
			responses[path] = encodedAs(name.replace(/ without.*/, ''), encode(content));
		}
		const origin = await serve(responses);
		const files = Object.fromEntries(
			sources.map(({ path, content }) => [path, `\t${sha256(content).digest('hex')}`]),
		);

		const told = await get(origin, files, '--strategy', strategy, '--threads', '2');

		for (const { path, content } of sources) {
			expect(told.get(path)).toMatchObject({ status: 'ok', requests: 1, bytes: content.length });
			expect((await saved(path)).equals(content)).toBe(true);
		}
	});

	it('tells the two kinds of deflate apart when their first byte comes alone', async () => {
		const head = [OK, 'Content-Encoding: deflate', 'Transfer-Encoding: chunked'];
		const origin = await serve({
			zlib: bytesOf(head, chunked(zlib.deflateSync(SMALL), 1)),
			raw: bytesOf(head, chunked(zlib.deflateRawSync(SMALL), 1)),
		});

		const told = await get(origin, { zlib: '', raw: '' }, '--strategy', strategy);

		for (const path of ['zlib', 'raw']) {
			expect(told.get(path)).toMatchObject({ status: 'ok', requests: 1 });
			expect(await saved(path)).toEqual(SMALL);
		}
	});

	it('ignores a name that is no coding', async () => {
		const names = ['utf-8', 'none', 'base64', 'aws-chunked', 'ISO-8859-1', 'text/plain'];
		const origin = await serve(
			Object.fromEntries(names.map((name) => [name, encodedAs(name, SMALL)])),
		);
		const files = Object.fromEntries(names.map((name) => [name, '']));

		const told = await get(origin, files, '--strategy', strategy);

		for (const name of names) {
			expect(told.get(name)).toMatchObject({ status: 'ok', requests: 1 });
			expect(await saved(name)).toEqual(SMALL);
		}
	});

	it('takes an encoding of nothing for an empty file', async () => {
		const nothing = Buffer.alloc(0);
		const origin = await serve({
			gzip: encodedAs('gzip', zlib.gzipSync(nothing)),
			br: bytesOf(
				[OK, 'Content-Encoding: br', 'Transfer-Encoding: chunked'],
				chunked(zlib.brotliCompressSync(nothing), 1),
			),
			'cut-off': encodedAs('gzip', zlib.gzipSync(nothing).subarray(0, -1)),
			image: encodedAs('gzip', zlib.gzipSync(nothing), 'Content-Type: image/png'),
		});
		const files = { gzip: '', br: '', 'cut-off': '', image: '' };

		const told = await get(origin, files, '--strategy', strategy, '--retry', '0');

		const codes = Object.keys(files).map((path) => told.get(path)?.error?.code ?? 'ok');
		expect(codes).toEqual(['ok', 'ok', 'content_encoding', 'empty_body']);
		expect(await saved('gzip')).toEqual(nothing);
		expect(await filesIn(join(folder, 'downloads'))).toEqual(['br', 'gzip']);
	});

	it('leaves nothing of what cannot be undone', async () => {
		const gzipped = zlib.gzipSync(LARGE);
		const origin = await serve({
			broken: encodedAs('gzip', SMALL),
			'cut-off': encodedAs('gzip', gzipped.subarray(0, -20)),
			compress: encodedAs('compress', SMALL),
			three: encodedAs('gzip, gzip, gzip', SMALL),
			encrypted: encodedAs('aes128gcm', SMALL),
			'with-dictionary': encodedAs('gzip, dcb', SMALL),
			unknown: encodedAs('constructor', SMALL),
			'no-comma': encodedAs('gzip deflate', gzipped),
		});
		const files = {
			...{ broken: '', 'cut-off': '', compress: '', three: '' },
			...{ encrypted: '', 'with-dictionary': '', unknown: '', 'no-comma': '' },
		};

		const told = await get(origin, files, '--strategy', strategy, '--retry', '0');

		const codes = Object.keys(files).map((path) => told.get(path)?.error?.code);
		expect(codes).toEqual([
			'content_encoding',
			'content_encoding',
			...Array<string>(6).fill('unknown_coding'),
		]);
		expect(await filesIn(join(folder, 'downloads'))).toEqual([]);
	});
});

describe('content codings', () => {
	it('keeps what is called .gz, by its URL, its name or the URL of a redirect', async () => {
		const gzipped = zlib.gzipSync(SMALL);
		const answer = encodedAs('gzip', gzipped);
		const origin = await startRawOrigin((socket, { path }) => {
			const redirect = bytesOf(['HTTP/1.1 302 X', 'Location: /b.gz?x', 'Content-Length: 0']);
			socket.write(path === '/moved' ? redirect : answer);
		});
		const list = ['url.gz\ta', 'name\tb.tgz', 'moved\tc', 'neither\td'];
		await writeFile(join(folder, 'list'), list.map((line) => `${origin.url}/${line}`).join('\n'));

		await startProcess(FLAGDL[0], [FLAGDL[1], '-i', 'list'], folder).ended;

		for (const name of ['a', 'b.tgz', 'c']) {
			expect((await saved(name)).equals(gzipped)).toBe(true);
		}
		expect(await saved('d')).toEqual(SMALL);
	});

	it('keeps the bytes with --raw, and says when a checksum is of those', async () => {
		const gzipped = zlib.gzipSync(SMALL);
		const origin = await serve({ a: encodedAs('gzip', gzipped) });
		const files = { a: `\t${sha256(gzipped).digest('hex')}` };

		const decoded = await get(origin, files, '--retry', '0');
		const raw = await get(origin, files, '--raw');

		expect(decoded.get('a')?.error).toMatchObject({ code: 'checksum_mismatch' });
		expect(decoded.get('a')?.error?.message).toContain('use --raw');
		expect(raw.get('a')).toMatchObject({ status: 'ok' });
		expect((await saved('a')).equals(gzipped)).toBe(true);
	});

	it('asks for them with --compressed only', async () => {
		const origin = await serve({ a: encodedAs('gzip', zlib.gzipSync(SMALL)) });

		await get(origin, { a: '' });
		await get(origin, { a: '' }, '--compressed', '--if-exists', 'overwrite');

		const asked = origin.requests.map((head) => /accept-encoding: (.*)/i.exec(head)?.[1]);
		expect(asked).toEqual(['identity', 'gzip, deflate, br']);
	});

	it('ends what grows more than a thousandfold', async () => {
		// Coded twice, since gzip alone expands at most 1,032 times.
		const zeros = zlib.gzipSync(zlib.gzipSync(Buffer.alloc(100 << 20), { level: 9 }), { level: 9 });
		const origin = await serve({ bomb: encodedAs('gzip, gzip', zeros) });

		const told = await get(origin, { bomb: '' });

		expect(told.get('bomb')).toMatchObject({ requests: 1, error: { code: 'too_large' } });
		expect(await filesIn(join(folder, 'downloads'))).toEqual([]);
	});

	it('takes what grows as much and is small: up to 64 MiB', async () => {
		const zeros = Buffer.alloc(60 << 20);
		const encoded = zlib.gzipSync(zlib.gzipSync(zeros, { level: 9 }), { level: 9 });
		const origin = await serve({ small: encodedAs('gzip, gzip', encoded) });

		const told = await get(origin, { small: '' });

		expect(told.get('small')).toMatchObject({ status: 'ok', bytes: zeros.length });
	});

	it('counts --max-filesize in decoded bytes', async () => {
		const origin = await serve({ a: encodedAs('br', zlib.brotliCompressSync(LARGE)) });

		const told = await get(origin, { a: '' }, '--max-filesize', '200k');

		expect(told.get('a')?.error?.code).toBe('too_large');
	});

	it('starts over what was cut off: no part of it is kept', async () => {
		const content = randomBytes(3 << 20);
		const gzipped = zlib.gzipSync(content);
		const whole = encodedAs('gzip', gzipped, 'ETag: "a"');
		const origin = await startRawOrigin((socket, { number }) => {
			if (number === 1) {
				socket.end(whole.subarray(0, 2 << 20));
			} else {
				socket.write(whole);
			}
		});

		const told = await get(origin, { a: '' });

		expect(told.get('a')).toMatchObject({ status: 'ok', requests: 2 });
		expect(origin.requests[1]).not.toMatch(/range:/i);
		expect((await saved('a')).equals(content)).toBe(true);
	});
});

describe.each(['async', 'threads', 'sequential'])('transfer codings, strategy %s', (strategy) => {
	it('undoes gzip and deflate around the message', async () => {
		const gzipped = zlib.gzipSync(LARGE);
		const digest = `Repr-Digest: sha-256=:${sha256(LARGE).digest('base64')}:`;
		const origin = await startRawOrigin((socket, { path }) => {
			if (path === '/chunked') {
				socket.write(
					bytesOf([OK, 'Transfer-Encoding: gzip, chunked', digest], chunked(gzipped, 999)),
				);
			} else {
				socket.end(bytesOf([OK, 'Transfer-Encoding: deflate', digest], zlib.deflateSync(LARGE)));
			}
		});

		const told = await get(origin, { chunked: '', closed: '' }, '--strategy', strategy);

		for (const path of ['chunked', 'closed']) {
			expect(told.get(path)).toMatchObject({ status: 'ok', requests: 1 });
			expect((await saved(path)).equals(LARGE)).toBe(true);
		}
	});
});
