import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import { collect } from '../helpers/collect.ts';
import { it } from '../helpers/fixtures.ts';
import { GIF } from '../helpers/held-content.ts';
import { strategies } from '../helpers/strategies.ts';
import { bytesOf, startRawOrigin } from '../network/raw-origin.ts';

const ANSWER = bytesOf(['HTTP/1.1 200 OK', `Content-Length: ${GIF.length}`], GIF);

describe.each(['async', 'threads', 'sequential'] as const)('a server, by %s,', (strategy) => {
	it.for([1, 8])(
		'that closes each connection without saying so costs no file at -c %i',
		async (concurrency, { folder }) => {
			const origin = await startRawOrigin((socket) => {
				socket.end(ANSWER);
			});
			const targets = Array.from({ length: 200 }, (_, index) => {
				const name = `${index}.gif`;
				return { id: name, index, url: `${origin.url}/${name}`, dest: join(folder, name) };
			});

			const outcomes = await collect(
				strategies[strategy](targets, {
					options: { ...DEFAULT_OPTIONS, retries: 0 },
					concurrency,
					threads: 2,
					signal: new AbortController().signal,
				}),
			);

			expect(outcomes.filter(({ status }) => status !== 'ok')).toEqual([]);
			expect(outcomes).toHaveLength(targets.length);
		},
	);
});
