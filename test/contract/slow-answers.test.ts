import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import { collect } from '../helpers/collect.ts';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';
import { answerGif, GIF, type HoldServer } from '../helpers/hold-server.ts';
import { strategies } from '../helpers/strategies.ts';

interface Origin {
	readonly server: HoldServer;
	readonly folder: string;
}

describe.concurrent.each(['async', 'threads', 'sequential'] as const)(
	'with %s, an answer',
	(strategy) => {
		async function get(
			{ server, folder }: Origin,
			name: string,
			options: Partial<DownloadOptions>,
		): Promise<Outcome> {
			const target = { id: name, index: 0, url: `${server.url}/${name}`, dest: join(folder, name) };
			const [outcome] = await collect(
				strategies[strategy]([target], {
					options: { ...DEFAULT_OPTIONS, seed: 3, detail: true, ...options },
					concurrency: 2,
					threads: 1,
					signal: new AbortController().signal,
					outputDir: folder,
				}),
			);
			if (outcome === undefined) {
				throw new Error('no outcome');
			}
			return outcome;
		}

		const HASTY = { stallTimeMs: 1_000, speedTimeMs: 1_000, speedLimitBytesPerSecond: 5_000 };

		it('that trickles is ended, and asked for once more', async ({ server, folder }) => {
			server.answer('/br.gif', (request, response) => {
				if (server.requests.length > 1) {
					answerGif(request, response);
				} else {
					drip(response);
				}
			});

			const outcome = await get({ server, folder }, 'br.gif', HASTY);

			expect(outcome).toMatchObject({ status: 'ok', bytes: GIF.length, requests: 2 });
			expect(outcome.attempts?.map(({ code }) => code)).toEqual(['too_slow', undefined]);
		});

		it('that trickles fails with the figures', async ({ server, folder }) => {
			server.answer('/br.gif', (_request, response) => drip(response));

			const { failure } = await get({ server, folder }, 'br.gif', { ...HASTY, retries: 0 });

			expect(failure?.code).toBe('too_slow');
			expect(failure?.message).toMatch(
				/^too slow: \d+ B\/s during the last 1 s, less than 5\.0 kB\/s$/,
			);
			expect(await filesIn(folder)).toEqual([]);
		});

		it('that trickles is good if no speed is asked for', async ({ server, folder }) => {
			server.answer('/br.gif', (_request, response) => drip(response));

			const outcome = await get({ server, folder }, 'br.gif', {
				...HASTY,
				speedLimitBytesPerSecond: 0,
				retries: 0,
			});

			expect(outcome).toMatchObject({ status: 'ok', requests: 1 });
			expect(outcome.endMs - outcome.startMs).toBeGreaterThan(2 * HASTY.speedTimeMs);
		});
	},
);

/** Sends a byte of the content every 80 ms: never silent, but slow. */
function drip(response: ServerResponse): void {
	response.writeHead(200, { 'content-type': 'image/gif', 'content-length': GIF.length });
	let sent = 0;
	const timer = setInterval(() => {
		response.write(GIF.subarray(sent, sent + 1));
		sent += 1;
		if (sent >= GIF.length) {
			response.end();
		}
	}, 80);
	response.on('close', () => clearInterval(timer));
}
