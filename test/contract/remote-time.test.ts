import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { StrategyName } from '../../src/strategies/names.ts';
import type { Target } from '../../src/targets/target.ts';
import { collect } from '../helpers/collect.ts';
import { it } from '../helpers/fixtures.ts';
import { type Answer, answering, type HoldServer } from '../helpers/hold-server.ts';
import { strategies } from '../helpers/strategies.ts';

const NAMES = (Object.keys(strategies) as StrategyName[]).filter((name) => name !== 'queue');
const DATE = 'Tue, 02 Jan 2024 00:00:00 GMT';
const LARGE = randomBytes(3 * 1024 * 1024);
const CUT_AT = 2 * 1024 * 1024;

describe.each(NAMES)('--remote-time, by %s,', (strategy) => {
	async function run(
		server: HoldServer,
		folder: string,
		path: string,
		more: Partial<DownloadOptions> = {},
	): Promise<Outcome[]> {
		const dest = join(folder, path);
		const url = `${server.url}${path}`;
		const targets: Target[] = [{ id: url, index: 0, url, dest }];
		return await collect(
			strategies[strategy](targets, {
				options: { ...DEFAULT_OPTIONS, remoteTime: true, retries: 2, ...more },
				concurrency: 2,
				threads: 2,
				signal: new AbortController().signal,
				outputDir: folder,
			}),
		);
	}
	const timeOf = async (folder: string, path: string) => (await stat(join(folder, path))).mtime;

	it.for([
		['small', Buffer.from('content')],
		['large', LARGE],
	] as const)(
		'gives a %s file the time of the server',
		async ([_, content], { server, folder }) => {
			server.answer('/f.bin', answering(content, { 'last-modified': DATE }));

			await run(server, folder, '/f.bin');

			expect(await timeOf(folder, 'f.bin')).toEqual(new Date(DATE));
		},
	);

	it('takes a time to come as it is, and one that is none for that of its writing', async ({
		server,
		folder,
	}) => {
		const future = 'Fri, 01 Jan 2077 00:00:00 GMT';
		server.answer('/future', answering(Buffer.from('f'), { 'last-modified': future }));
		server.answer('/bad', answering(Buffer.from('b'), { 'last-modified': 'yesterday' }));
		server.answer('/absent', answering(Buffer.from('a'), {}));
		const startMs = Date.now() - 1000;

		for (const path of ['/future', '/bad', '/absent']) {
			expect(await run(server, folder, path)).toMatchObject([{ status: 'ok' }]);
		}

		expect(await timeOf(folder, 'future')).toEqual(new Date(future));
		expect((await timeOf(folder, 'bad')).getTime()).toBeGreaterThan(startMs);
		expect((await timeOf(folder, 'absent')).getTime()).toBeGreaterThan(startMs);
	});

	it('knows the time of a part whose rest does not repeat it', async ({ server, folder }) => {
		server.answer('/f.bin', cutOnce(LARGE));

		expect(await run(server, folder, '/f.bin')).toMatchObject([{ status: 'ok', requests: 2 }]);

		expect(server.requests[1]?.headers.range).toMatch(/^bytes=\d+-$/);
		expect(await timeOf(folder, 'f.bin')).toEqual(new Date(DATE));
	});

	it('is of no effect without it', async ({ server, folder }) => {
		server.answer('/f.bin', answering(Buffer.from('content'), { 'last-modified': DATE }));
		const startMs = Date.now() - 1000;

		await run(server, folder, '/f.bin', { remoteTime: false });

		expect((await timeOf(folder, 'f.bin')).getTime()).toBeGreaterThan(startMs);
	});
});

/** Breaks off the first response; the rest has only the fields that RFC 9110, section 15.3.7, requires. */
function cutOnce(content: Buffer): Answer {
	const answer: Answer = ({ headers }, response) => {
		const start = /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1];
		if (start === undefined) {
			const fields = { etag: '"1"', 'last-modified': DATE, 'content-length': content.length };
			response.writeHead(200, fields);
			response.write(content.subarray(0, CUT_AT), () => response.destroy());
			return;
		}
		const rest = content.subarray(Number(start));
		response
			.writeHead(206, {
				etag: '"1"',
				'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
				'content-length': rest.length,
			})
			.end(rest);
	};
	return Object.assign(answer, { held: content });
}
