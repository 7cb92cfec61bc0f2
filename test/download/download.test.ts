import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Target } from '../../src/targets/target.ts';
import { contextWith, download } from '../helpers/download.ts';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';
import { answerGif, GIF, type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { onTestFinished } from '../helpers/this-test.ts';

const target = (
	server: HoldServer,
	folder: string,
	name = 'br.gif',
	rest: Partial<Target> = {},
): Target => ({
	id: name,
	index: 0,
	url: `${server.url}/${name}`,
	dest: join(folder, name),
	...rest,
});

const get = async (wanted: Target, options: Partial<DownloadOptions> = {}) =>
	await download(wanted, contextWith(options));

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** Fails this number of times, then responds with the file. */
function failFirst(server: HoldServer, count: number, fail: (response: ServerResponse) => void) {
	let seen = 0;
	server.answer('/br.gif', (request: IncomingMessage, response: ServerResponse) => {
		seen += 1;
		if (seen > count) {
			answerGif(request, response);
		} else {
			fail(response);
		}
	});
}

const FAULTS: Record<string, { fail: (response: ServerResponse) => void; code: string | RegExp }> =
	{
		'a 503': { fail: (response) => response.writeHead(503).end('busy'), code: 'http_503' },
		'a reset before the answer': {
			fail: (response) => response.socket?.resetAndDestroy(),
			code: 'ECONNRESET',
		},
		'a connection closed before the answer': {
			fail: (response) => response.socket?.end(),
			code: 'connection_closed',
		},
		'a body cut short of its Content-Length': {
			fail(response) {
				response.writeHead(200, { 'content-length': GIF.length });
				response.write(GIF.subarray(0, 10), () => response.socket?.end());
			},
			code: 'truncated',
		},
		'a body cut short without a length': {
			fail(response) {
				response.writeHead(200, { connection: 'close' });
				response.useChunkedEncodingByDefault = false;
				response.shouldKeepAlive = false;
				response.socket?.end(
					Buffer.concat([
						Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'),
						GIF.subarray(0, 20),
					]),
				);
			},
			code: 'truncated',
		},
		'a reset within the body': {
			fail(response) {
				response.writeHead(200, { 'content-length': GIF.length });
				response.write(GIF.subarray(0, 10), () => response.socket?.resetAndDestroy());
			},
			// A reset directly after the data may look like an end to the reader.
			code: /ECONNRESET|truncated/,
		},
		'an HTML page': {
			fail: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
			code: 'content_type',
		},
		'an HTML page that says it is a GIF': {
			fail: (response) => response.writeHead(200, { 'content-type': 'image/gif' }).end('<html>'),
			code: 'bad_image',
		},
		'an empty body': {
			fail: (response) => response.writeHead(200, { 'content-length': 0 }).end(),
			code: 'empty_body',
		},
		'a 204': { fail: (response) => response.writeHead(204).end(), code: 'empty_body' },
		'content that differs from its digest': {
			fail: (response) =>
				response.writeHead(200, { 'repr-digest': `sha-256=:${'A'.repeat(43)}=:` }).end(GIF),
			code: 'digest_mismatch',
		},
		'an encoding that was not asked for': {
			fail: (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(GIF),
			code: 'content_encoding',
		},
		'something that is not HTTP': {
			fail: (response) => response.socket?.end('SSH-2.0-OpenSSH\r\n'),
			code: 'bad_http',
		},
		'a header that stalls': { fail: () => {}, code: 'stalled' },
		'a body that stalls': {
			fail(response) {
				response.writeHead(200, { 'content-length': GIF.length });
				response.write(GIF.subarray(0, 10));
			},
			code: 'stalled',
		},
	};

describe.concurrent.each(Object.entries(FAULTS))('%s', (_name, { fail, code }) => {
	// A short timeout would also end requests that a busy machine delays.
	const stall = code === 'stalled' ? { stallTimeMs: 200 } : {};

	it('is tried again, and the file is whole in the end', async ({ server, folder }) => {
		failFirst(server, 2, fail);

		const outcome = await get(target(server, folder), stall);

		expect(outcome).toMatchObject({ status: 'ok', requests: 3, retries: 2, bytes: GIF.length });
		const codes = outcome.attempts?.map((attempt) => attempt.code) ?? [];
		expect(codes).toEqual([expect.stringMatching(code), expect.stringMatching(code), undefined]);
		expect(await readFile(target(server, folder).dest)).toEqual(GIF);
		expect(await filesIn(folder)).toEqual(['br.gif']);
	});

	it('leaves nothing and says why when it stays', async ({ server, folder }) => {
		failFirst(server, Number.POSITIVE_INFINITY, fail);

		const outcome = await get(target(server, folder), { ...stall, retries: 1 });

		expect(outcome).toMatchObject({ status: 'error', requests: 2, retries: 1, bytes: 0 });
		expect(outcome.failure?.code).toMatch(code);
		expect(outcome.failure?.message).toMatch(/\w+ \w+/);
		expect(await filesIn(folder)).toEqual([]);
	});

	it('leaves the old file as it was when a refresh fails', async ({ server, folder }) => {
		failFirst(server, Number.POSITIVE_INFINITY, fail);
		await writeFile(target(server, folder).dest, 'the old file');

		await get(target(server, folder), { ...stall, retries: 0, ifExists: 'overwrite' });

		expect(await readFile(target(server, folder).dest, 'utf8')).toBe('the old file');
		expect(await filesIn(folder)).toEqual(['br.gif']);
	});
});

describe('what is not worth another attempt', () => {
	it.for([400, 401, 403, 405, 410, 451, 501])(
		'%i costs one request',
		async (status, { server, folder }) => {
			server.answer('/br.gif', (_request, response) => response.writeHead(status).end('no'));

			const outcome = await get(target(server, folder));

			expect(outcome).toMatchObject({ status: 'error', httpStatus: status, requests: 1 });
		},
	);

	it('404 is not found, at one request', async ({ server, folder }) => {
		server.answer('/br.gif', (_request, response) => response.writeHead(404).end('no'));

		expect(await get(target(server, folder))).toMatchObject({ status: 'not_found', requests: 1 });
	});

	it('a URL that is none costs no request, and its problem is named', async ({
		server,
		folder,
	}) => {
		const outcome = await get(
			target(server, folder, 'br.gif', { url: 'http://u:secret@h:99999/br.gif' }),
		);

		expect(outcome).toMatchObject({ status: 'error', requests: 0, failure: { code: 'bad_url' } });
		expect(outcome.failure?.message).toContain('"http://h:99999/br.gif", with an impossible port');
	});

	it('a file larger than allowed, before it is read', async ({ server, folder }) => {
		const outcome = await get(target(server, folder), { maxFilesizeBytes: GIF.length - 1 });

		expect(outcome).toMatchObject({ status: 'error', requests: 1 });
		expect(outcome.failure?.code).toBe('too_large');
	});

	it('a file that grows larger than allowed', async ({ server, folder }) => {
		server.answer('/br.gif', (_request, response) => {
			response.writeHead(200);
			response.write(GIF);
			response.end(Buffer.alloc(200_000));
		});

		const outcome = await get(target(server, folder), { maxFilesizeBytes: 100_000 });

		expect(outcome.failure?.code).toBe('too_large');
		expect(await filesIn(folder)).toEqual([]);
	});
});

describe('redirects', () => {
	const redirect = (server: HoldServer, path: string, location: string | undefined) =>
		server.answer(path, (_request, response) => {
			response.writeHead(302, location === undefined ? {} : { location }).end('over there');
		});

	it('are followed, each at a request', async ({ server, folder }) => {
		redirect(server, '/br.gif', '/elsewhere/1');
		redirect(server, '/elsewhere/1', `${server.url}/elsewhere/2`);

		expect(await get(target(server, folder))).toMatchObject({
			status: 'ok',
			requests: 3,
			retries: 0,
		});
	});

	it('that lead back end the target', async ({ server, folder }) => {
		redirect(server, '/br.gif', '/elsewhere/1');
		redirect(server, '/elsewhere/1', '/br.gif');

		const outcome = await get(target(server, folder));

		expect(outcome.failure?.code).toBe('redirect_loop');
		expect(outcome.requests).toBe(2);
	});

	it('are followed 20 times and no more', async ({ server, folder }) => {
		for (let hop = 0; hop <= 30; hop += 1) {
			redirect(server, `/${hop}.gif`, `/${hop + 1}.gif`);
		}

		const outcome = await get(target(server, folder, '0.gif'));

		expect(outcome.failure?.code).toBe('too_many_redirects');
		expect(outcome.requests).toBe(21);
	});

	it.for([undefined, 'ftp://example.org/br.gif', 'http://['])(
		'to %s lead nowhere',
		async (to, { server, folder }) => {
			redirect(server, '/br.gif', to);

			expect((await get(target(server, folder))).failure?.code).toBe('bad_redirect');
		},
	);

	it('take no credentials to another origin', async ({ server, folder }) => {
		const other = await startHoldServer();
		onTestFinished(async () => await other.close());
		redirect(server, '/br.gif', `${other.url}/br.gif`);
		const headers = { authorization: 'Bearer secret', cookie: 'a=b', 'x-plain': 'yes' };

		await get(target(server, folder), { headers });

		expect(server.requests[0]?.headers).toMatchObject(headers);
		expect(other.requests[0]?.headers).not.toHaveProperty('x-plain');
		expect(other.requests[0]?.headers.authorization).toBeUndefined();
		expect(other.requests[0]?.headers.cookie).toBeUndefined();
	});
});

describe('a file that is there', () => {
	it('is skipped without a request', async ({ server, folder }) => {
		await writeFile(target(server, folder).dest, 'old');

		expect(await get(target(server, folder))).toMatchObject({ status: 'skipped', requests: 0 });
	});

	it('is an error if it has not the digest of its target, and stays as it is', async ({
		server,
		folder,
	}) => {
		const wanted = target(server, folder, 'br.gif', { sha256: sha256(GIF) });
		await writeFile(wanted.dest, 'old');

		const failed = await get(wanted);
		const kept = await readFile(wanted.dest, 'utf8');
		const updated = await get({ ...wanted, validators: { etag: '"v1"' } }, { ifExists: 'update' });

		expect(failed).toMatchObject({ status: 'error', requests: 0 });
		expect(failed.failure?.code).toBe('checksum_mismatch');
		expect(kept).toBe('old');
		expect(updated).toMatchObject({ status: 'ok', requests: 1 });
		expect(server.requests[0]?.headers).not.toHaveProperty('if-none-match');
		expect(await get(wanted)).toMatchObject({ status: 'skipped', requests: 0 });
	});

	it('is an error with `fail`, without a request', async ({ server, folder }) => {
		await writeFile(target(server, folder).dest, 'old');

		const outcome = await get(target(server, folder), { ifExists: 'fail' });

		expect(outcome).toMatchObject({ status: 'error', requests: 0 });
		expect(outcome.failure?.code).toBe('file_exists');
	});

	it('is unchanged where the server says so', async ({ server, folder }) => {
		await writeFile(target(server, folder).dest, 'old');
		server.answer('/br.gif', (request, response) => {
			response.writeHead(request.headers['if-none-match'] === '"v1"' ? 304 : 500).end();
		});

		const outcome = await get(target(server, folder, 'br.gif', { validators: { etag: '"v1"' } }), {
			ifExists: 'update',
		});

		expect(outcome).toMatchObject({ status: 'unchanged', requests: 1 });
		expect(await readFile(target(server, folder).dest, 'utf8')).toBe('old');
	});

	it('is no excuse for a 304 that was not asked for', async ({ server, folder }) => {
		server.answer('/br.gif', (_request, response) => response.writeHead(304).end());

		expect((await get(target(server, folder), { retries: 0 })).failure?.code).toBe('http_304');
	});
});

describe('what is in the way on this side', () => {
	it('a directory in the place of the file', async ({ server, folder }) => {
		await mkdir(target(server, folder).dest);

		const outcome = await get(target(server, folder), { ifExists: 'overwrite' });

		expect(outcome).toMatchObject({ status: 'error', requests: 0, failure: { code: 'EISDIR' } });
	});

	it('a pipe in the place of the file', async ({ server, folder }) => {
		const { dest } = target(server, folder);
		execFileSync('mkfifo', [dest]);

		for (const ifExists of ['skip', 'update', 'overwrite', 'fail'] as const) {
			const outcome = await get(target(server, folder), { ifExists });
			expect(outcome.failure?.code).toBe('not_a_file');
		}

		expect(lstatSync(dest).isFIFO()).toBe(true);
		expect(server.requests).toEqual([]);
	});

	it('a name that is too long', async ({ server, folder }) => {
		const outcome = await get(target(server, folder, `${'x'.repeat(300)}.gif`));

		expect(outcome.failure?.code).toBe('ENAMETOOLONG');
	});

	it('a name as long as can be is none', async ({ server, folder }) => {
		const outcome = await get(target(server, folder, `${'x'.repeat(251)}.gif`));

		expect(outcome.status).toBe('ok');
		expect(await filesIn(folder)).toEqual([`${'x'.repeat(251)}.gif`]);
	});

	it.skipIf(process.getuid?.() === 0)(
		'a folder that is not writable',
		async ({ server, folder }) => {
			await chmod(folder, 0o500);

			expect((await get(target(server, folder))).failure?.code).toBe('EACCES');
		},
	);

	it('a file in the place of a folder', async ({ server, folder }) => {
		await writeFile(join(folder, 'sub'), 'a file');

		expect((await get(target(server, folder, 'sub/br.gif'))).failure?.code).toBe('ENOTDIR');
	});

	it('a folder that is missing is none', async ({ server, folder }) => {
		expect((await get(target(server, folder, 'a/b/br.gif'))).status).toBe('ok');
	});
});

describe('time', () => {
	it('--max-time ends an attempt that drips', async ({ server, folder }) => {
		server.answer('/br.gif', (_request, response) => {
			response.writeHead(200, { 'content-length': GIF.length });
			const drip = setInterval(() => response.write(GIF.subarray(0, 1)), 20);
			response.on('close', () => clearInterval(drip));
		});

		const outcome = await get(target(server, folder), { maxTimeMs: 150, retries: 0 });

		expect(outcome.failure).toMatchObject({
			code: 'max_time',
			message: 'not complete within 0.15 s',
		});
	});

	it('--retry-max-time keeps a retry from starting too late', async ({ server, folder }) => {
		server.answer('/br.gif', (_request, response) => {
			response.writeHead(503, { 'retry-after': '5' }).end();
		});

		const outcome = await get(target(server, folder), { retryMaxTimeMs: 1000 });

		expect(outcome).toMatchObject({ status: 'error', requests: 1 });
	});

	it('a Retry-After of more than a minute ends the target, and the asking', async ({
		server,
		folder,
	}) => {
		server.answer(undefined, (_request, response) => {
			response.writeHead(429, { 'retry-after': '61' }).end();
		});
		const context = contextWith();

		const first = await download(target(server, folder), context);
		const second = await download(target(server, folder, 'cn.gif'), context);

		expect([first, second].map(({ failure }) => failure?.code)).toEqual(
			Array(2).fill('rate_limited'),
		);
		expect(server.requests.length).toBe(1);
	});
});

describe('mirrors', () => {
	it('are asked at once when the first URL fails', async ({ server, folder }) => {
		server.answer('/br.gif', (_request, response) => response.writeHead(500).end());

		const outcome = await get(
			target(server, folder, 'br.gif', { mirrors: [`${server.url}/mirror.gif`] }),
		);

		expect(outcome).toMatchObject({ status: 'ok', requests: 2 });
		expect(await filesIn(folder)).toEqual(['br.gif']);
	});

	it('are asked when the first URL keeps one waiting; the slow one is cancelled', async ({
		server,
		folder,
	}) => {
		server.hold('/br.gif');

		const outcome = await get(
			target(server, folder, 'br.gif', { mirrors: [`${server.url}/mirror.gif`] }),
		);

		expect(outcome).toMatchObject({ status: 'ok', requests: 2 });
		await server.idle();
		expect(await filesIn(folder)).toEqual(['br.gif']);
	});

	it('are not asked when the first URL is good', async ({ server, folder }) => {
		const outcome = await get(
			target(server, folder, 'br.gif', { mirrors: [`${server.url}/mirror.gif`] }),
		);

		expect(outcome).toMatchObject({ status: 'ok', requests: 1 });
		expect(server.requests.map(({ url }) => url)).toEqual(['/br.gif']);
	});

	it('that all fail end in what the first one said', async ({ server, folder }) => {
		server.answer('/br.gif', (_request, response) => response.writeHead(403).end());
		server.answer('/mirror.gif', (_request, response) => response.writeHead(410).end());

		const outcome = await get(
			target(server, folder, 'br.gif', { mirrors: [`${server.url}/mirror.gif`] }),
		);

		expect(outcome).toMatchObject({ status: 'error', failure: { code: 'http_403' } });
	});
});

describe('a connection that was closed while it was idle', () => {
	it('costs a request and no retry', async ({ server, folder }) => {
		// One connection, so that the second request reuses it.
		const context = contextWith({ retries: 0 }, 1);
		let requests = 0;
		server.answer(undefined, (request, response) => {
			requests += 1;
			// Closed after the request was read: this is how a server's idle timeout appears in flight.
			if (requests === 2) {
				request.socket.destroy();
			} else {
				answerGif(request, response);
			}
		});

		await download(target(server, folder, '1.gif'), context);
		const outcome = await download(target(server, folder, '2.gif'), context);

		expect(outcome).toMatchObject({ status: 'ok', requests: 2, retries: 0 });
	});

	it('is free once only', async ({ server, folder }) => {
		// One connection, so that the second request reuses it.
		const context = contextWith({ retries: 0 }, 1);
		server.answer('/2.gif', (request) => request.socket.destroy());

		await download(target(server, folder, '1.gif'), context);
		const outcome = await download(target(server, folder, '2.gif'), context);

		expect(outcome).toMatchObject({ status: 'error', requests: 2 });
	});
});
