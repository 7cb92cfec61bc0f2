import { readFile, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished } from 'vitest';
import { Slots } from '../../src/download/context.ts';
import { hedge } from '../../src/download/mirrors.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { Target } from '../../src/targets/target.ts';
import { contextWith, download } from '../helpers/download.ts';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';
import { GIF, type HoldServer, startHoldServer } from '../helpers/hold-server.ts';

let servers: HoldServer[];

beforeEach(async () => {
	servers = await Promise.all([startHoldServer(), startHoldServer(), startHoldServer()]);
	onTestFinished(async () => {
		await Promise.all(servers.map(async (server) => await server.close()));
	});
});

async function get(
	folder: string,
	options: Partial<DownloadOptions> = {},
	more: Partial<Target> = {},
): Promise<Outcome> {
	const [url = '', ...mirrors] = servers.map((server) => `${server.url}/a.gif`);
	const target = { id: 'a', index: 0, url, mirrors, dest: join(folder, 'a.gif'), ...more };
	return await download(target, contextWith({ retries: 0, ...options }));
}

const asked = () => servers.map(({ requests }) => requests.length);
const status =
	(code: number): RequestListener =>
	(_request, response) =>
		void response.writeHead(code).end();

/** Sends half of the file, and never the rest. */
const half: RequestListener = (_request, response) => {
	response.writeHead(200, { 'content-length': 2_000_000 });
	response.write(Buffer.alloc(1_500_000));
};

describe('mirrors', () => {
	it('are not asked where the first answers in time', async ({ folder }) => {
		const outcome = await get(folder);

		expect(outcome).toMatchObject({ status: 'ok', requests: 1 });
		expect(asked()).toEqual([1, 0, 0]);
	});

	it('are asked one after the other at once, where each fails', async ({ folder }) => {
		servers[0]?.answer(undefined, status(503));
		servers[1]?.answer(undefined, status(404));

		const outcome = await get(folder);

		expect(outcome).toMatchObject({ status: 'ok', requests: 3, httpStatus: 200 });
		expect(outcome.endMs - outcome.startMs).toBeLessThan(1900);
	});

	it('are asked a second after one another, if none answers', async ({ folder }) => {
		for (const server of servers.slice(0, 2)) {
			server.answer(undefined, half);
		}

		const outcome = await get(folder, {}, { dest: join(folder, 'a.bin') });

		const starts = outcome.attempts?.map(({ startMs }) => startMs - outcome.startMs) ?? [];
		const [first = 0, second = 0, third = 0] = starts.sort((a, b) => a - b);
		expect(second - first).toBeGreaterThan(950);
		expect(third - second).toBeGreaterThan(950);
		expect(outcome).toMatchObject({ status: 'ok', requests: 3, bytes: GIF.length });
		const codes = outcome.attempts?.map(({ number, code }) => `${number} ${code}`).sort();
		expect(codes).toEqual(['1 beaten', '2 beaten', '3 undefined']);
		// The losers are cancelled: their connections are closed, their part files removed.
		await Promise.all(servers.map(async (server) => await server.idle()));
		expect(await filesIn(folder)).toEqual(['a.bin']);
		expect(await readFile(join(folder, 'a.bin'))).toEqual(GIF);
	});

	it('of which the first is slow but good still may win', async ({ folder }) => {
		servers[0]?.hold();
		servers[1]?.hold();
		const outcome = get(folder);
		await servers[1]?.arrivals(1);

		servers[0]?.release();

		expect(await outcome).toMatchObject({ status: 'ok', requests: 2 });
		await servers[1]?.idle();
	});

	it('with wrong content lose to the one that has the right one', async ({ folder }) => {
		servers[0]?.answer(undefined, (_request, response) => response.end('<html>'));
		servers[1]?.answer(undefined, (_request, response) => response.end(GIF.subarray(0, 9)));

		expect(await get(folder)).toMatchObject({ status: 'ok', requests: 3 });
		expect(await readFile(join(folder, 'a.gif'))).toEqual(GIF);
	});

	it('that all fail are told by the first', async ({ folder }) => {
		servers[0]?.answer(undefined, status(404));
		servers[1]?.answer(undefined, status(403));
		servers[2]?.answer(undefined, status(410));

		expect(await get(folder)).toMatchObject({
			status: 'not_found',
			requests: 3,
			failure: { code: 'http_404' },
		});
	});

	it('are asked though servers that hang have all the slots, and then give theirs back', async ({
		folder,
	}) => {
		servers[0]?.hold();
		const context = contextWith({ retries: 0 }, 2);

		const outcomes = await Promise.all(
			Array.from({ length: 3 }, async (_, index) => {
				const [url = '', mirror = ''] = servers.map((server) => `${server.url}/${index}`);
				const dest = join(folder, `${index}`);
				return await download({ id: url, index, url, mirrors: [mirror], dest }, context);
			}),
		);

		expect(outcomes.map((outcome) => `${outcome.status} ${outcome.requests}`)).toEqual(
			Array.from({ length: 3 }, () => 'ok 2'),
		);
		for (const { peak } of servers) {
			expect(peak).toBeLessThanOrEqual(2);
		}
		await servers[0]?.idle();
	});

	it('are not asked for what waits for a slot', async ({ folder }) => {
		const context = contextWith({ retries: 0 }, 1);
		servers[0]?.hold();
		const [url = '', mirror = ''] = servers.map((server) => server.url);
		const get = async (path: string, mirrors: readonly string[]) => {
			const dest = join(folder, path);
			return await download({ id: path, index: 0, url: `${url}/${path}`, mirrors, dest }, context);
		};
		const slow = get('slow', []);
		await servers[0]?.arrivals(1);
		const waiting = get('waiting', [`${mirror}/waiting`]);
		setTimeout(() => servers[0]?.release(), 1200);

		expect([await slow, await waiting]).toMatchObject([{ requests: 1 }, { requests: 1 }]);
		expect(asked()).toEqual([2, 0, 0]);
	});

	it('have nothing to say where the first is unchanged', async ({ folder }) => {
		await writeFile(join(folder, 'a.gif'), 'old');
		servers[0]?.answer(undefined, status(304));

		const outcome = await get(folder, { ifExists: 'update' }, { validators: { etag: '"a"' } });

		expect(outcome).toMatchObject({ status: 'unchanged', requests: 1 });
		expect(asked()).toEqual([1, 0, 0]);
		expect(await readFile(join(folder, 'a.gif'), 'utf8')).toBe('old');
	});

	it('are left alone when the run is cancelled', async ({ folder }) => {
		for (const server of servers) {
			server.hold();
		}
		const controller = new AbortController();
		const context = contextWith({ retries: 0 });
		const [url = '', ...mirrors] = servers.map((server) => `${server.url}/a.gif`);
		const target = { id: 'a', index: 0, url, mirrors, dest: join(folder, 'a.gif') };
		const outcome = download(target, { ...context, signal: controller.signal });
		await servers[0]?.arrivals(1);

		controller.abort(new Error('enough'));

		expect(await outcome).toMatchObject({ status: 'cancelled', failure: { message: 'enough' } });
		expect(asked()).toEqual([1, 0, 0]);
	});
});

describe('hedge', () => {
	it('waits for nothing once there is a winner', async () => {
		const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

		const { signal } = new AbortController();
		const value = await hedge(['a', 'b'], new Slots(1), signal, async ({ url }) => {
			await Promise.resolve();
			return url;
		});

		expect(value).toBe('a');
		const after = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
		expect(after).toBeLessThanOrEqual(before);
	});
});
