import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import { collect } from '../helpers/collect.ts';
import { it } from '../helpers/fixtures.ts';
import { GIF } from '../helpers/held-content.ts';
import { strategies } from '../helpers/strategies.ts';
import { bytesOf, startRawOrigin } from '../network/raw-origin.ts';

const STRATEGIES = ['async', 'threads', 'sequential'] as const;

/** Their connections stay open, and nothing more is sent. */
const UNFINISHED: Readonly<Record<string, Buffer>> = {
	'/redirect': bytesOf(['HTTP/1.1 302 Found', 'Location: /good', 'Content-Length: 100'], 'moved'),
	'/chunked': bytesOf(
		['HTTP/1.1 301 X', 'Location: /good', 'Transfer-Encoding: chunked'],
		'5\r\nm',
	),
	'/missing': bytesOf(['HTTP/1.1 404 Not Found', 'Content-Length: 100']),
	'/forbidden': bytesOf(['HTTP/1.1 403 No', 'Connection: close'], 'no'),
	'/portal.gif': bytesOf(['HTTP/1.1 200 OK', 'Content-Type: text/html', 'Content-Length: 9'], '<'),
};

const CODES = {
	'/redirect': 'ok',
	'/chunked': 'ok',
	'/missing': 'http_404',
	'/forbidden': 'http_403',
	'/portal.gif': 'content_type',
};

describe.each(STRATEGIES)('an unwanted answer that never ends, by %s,', (strategy) => {
	it('is left before it counts as a stall', async ({ folder }) => {
		const origin = await startRawOrigin((socket, { path }) => {
			const whole = bytesOf(['HTTP/1.1 200 OK', `Content-Length: ${GIF.length}`], GIF);
			socket.write(UNFINISHED[path] ?? whole);
		});
		const targets = Object.keys(UNFINISHED).map((path, index) => {
			return { id: path, index, url: `${origin.url}${path}`, dest: join(folder, path) };
		});

		// With one slot, each waits for those before it: if unfinished responses blocked a slot, the run would not end.
		const outcomes = await collect(
			strategies[strategy](targets, {
				options: { ...DEFAULT_OPTIONS, retries: 0, stallTimeMs: 300_000 },
				concurrency: 1,
				threads: 1,
				signal: new AbortController().signal,
			}),
		);

		expect(
			Object.fromEntries(
				outcomes.map(({ target, failure, status }) => [target.id, failure?.code ?? status]),
			),
		).toEqual(CODES);
	});
});
