import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { DownloadContext } from '../../src/download/context.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { Target } from '../../src/targets/target.ts';
import { contextWith, download } from '../helpers/download.ts';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';
import { GIF, holds } from '../helpers/held-content.ts';
import { expectWithin } from '../helpers/within.ts';
import { bytesOf, chunked, startRawOrigin } from './raw-origin.ts';

async function get(
	folder: string,
	url: string,
	context: DownloadContext,
	more: Partial<Target> = {},
): Promise<Outcome> {
	const dest = join(folder, `${new URL(url).pathname.slice(1)}.gif`);
	return await download({ id: url, index: 0, url, dest, ...more }, context);
}

const OK = 'HTTP/1.1 200 OK';
const LENGTH = `Content-Length: ${GIF.length}`;
const CHUNKED = 'Transfer-Encoding: chunked';
describe('an answer without a request', () => {
	const GOOD_GIF = bytesOf([OK, LENGTH], GIF);
	const OTHER = bytesOf([OK, 'Content-Length: 3'], 'bad');

	it('right behind another is not taken for the next', async ({ folder }) => {
		const origin = await startRawOrigin((socket) => {
			socket.write(Buffer.concat([GOOD_GIF, OTHER]));
		});
		const context = contextWith({ retries: 0 }, 1);

		const outcomes = [];
		for (const path of ['a', 'b', 'c']) {
			outcomes.push(await get(folder, `${origin.url}/${path}`, context));
		}

		expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
		expect(origin.connections).toBe(3);
	});

	it('on an idle connection, such as a 408, costs nothing', async ({ folder }) => {
		const origin = await startRawOrigin((socket) => {
			socket.write(GOOD_GIF, () => {
				setImmediate(() => socket.end(bytesOf(['HTTP/1.1 408 Slow', 'Content-Length: 0'])));
			});
		});
		const context = contextWith({ retries: 0 }, 1);

		const first = await get(folder, `${origin.url}/a`, context);
		await expect.poll(() => first.attempts).toHaveLength(1);
		const second = await get(folder, `${origin.url}/b`, context);

		expect([first, second]).toMatchObject([{ status: 'ok' }, { status: 'ok', requests: 1 }]);
	});

	it('as a greeting is an answer like any other', async ({ folder }) => {
		const origin = await startRawOrigin(
			() => {},
			(socket) => socket.end(bytesOf(['HTTP/1.1 503 Full', 'Content-Length: 0'])),
		);

		const outcome = await get(folder, `${origin.url}/a`, contextWith({ retries: 1 }));

		expect(outcome).toMatchObject({ status: 'error', requests: 2, failure: { code: 'http_503' } });
	});
});

describe('a slow answer', () => {
	it('that drips is good as long as it drips', async ({ folder }) => {
		const origin = await startRawOrigin((socket) => {
			const bytes = [...bytesOf([OK, CHUNKED], chunked(GIF, 1))];
			const timer = setInterval(() => {
				const next = bytes.splice(0, 8);
				if (next.length > 0) {
					socket.write(Buffer.from(next));
				} else {
					clearInterval(timer);
				}
			}, 20);
			socket.on('close', () => clearInterval(timer));
		});

		const outcome = await get(
			folder,
			`${origin.url}/a`,
			contextWith({ retries: 0, stallTimeMs: 400 }),
		);

		expect(outcome).toMatchObject({ status: 'ok', bytes: GIF.length });
		expect(outcome.endMs - outcome.startMs).toBeGreaterThan(600);
	});

	it('that drips for ever ends with --max-time', async ({ folder }) => {
		const origin = await startRawOrigin((socket) => {
			socket.write(bytesOf([OK, CHUNKED]));
			const timer = setInterval(() => socket.write('1\r\nx\r\n'), 20);
			socket.on('close', () => clearInterval(timer));
		});

		const outcome = await get(
			folder,
			`${origin.url}/a`,
			contextWith({ retries: 0, maxTimeMs: 300 }),
		);

		expect(outcome.failure).toMatchObject({
			code: 'max_time',
			message: 'not complete within 0.3 s',
		});
		expect(await filesIn(folder)).toEqual([]);
	});

	it('in very many small chunks is taken in good time', async ({ folder }) => {
		const content = Buffer.alloc(100_000, 'flag');
		const sha256 = createHash('sha256').update(content).digest('hex');
		const body = chunked(content, 1);
		const origin = await startRawOrigin((socket) => socket.write(bytesOf([OK, CHUNKED], body)));
		holds(origin.url, content);

		const startMs = performance.now();
		const outcome = await get(folder, `${origin.url}/a`, contextWith({ retries: 0 }), {
			dest: join(folder, 'a.bin'),
			sha256,
		});

		expect(outcome).toMatchObject({ status: 'ok', bytes: 100_000 });
		expectWithin(5_000, startMs);
	});
});
