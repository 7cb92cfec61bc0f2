import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { findOverHttp } from '../../src/finder/find-over-http.ts';
import { FINDER_LIMITS } from '../../src/finder/search.ts';
import { startFlagServer } from '../../src/server/start-flag-server.ts';
import { collect } from '../helpers/collect.ts';

const NEVER = new AbortController().signal;
const BRAZIL = { iso_cc: 'BR', country: 'Brazil', capital: 'Brasília' };

let server: Server | undefined;

afterEach(async () => {
	server?.closeAllConnections();
	server?.close();
	await (server && once(server, 'close'));
	server = undefined;
});

describe('findOverHttp', () => {
	it('follows the pages of the flag server to the end', async () => {
		const flags = await startFlagServer();

		const pages = await collect(findOverHttp(new URL(flags.url), 'a', NEVER));
		await flags.close();

		const codes = pages.flat().map(({ code }) => code);
		expect(pages.length).toBe(Math.ceil(codes.length / 20));
		expect(codes.length).toBeGreaterThan(40);
		expect(new Set(codes).size).toBe(codes.length);
	});

	it('yields a page before the next is there', async () => {
		let release = () => {};
		const root = await serve((request, response) => {
			if (request.url?.includes('page=2')) {
				release = () => page(response, [BRAZIL]);
			} else {
				page(response, [BRAZIL], '</countries?page=2>; rel="next"');
			}
		});

		const pages = findOverHttp(root, 'b', NEVER);
		expect((await pages.next()).value).toEqual([
			{ code: 'BR', name: 'Brazil', capital: 'Brasília' },
		]);
		const second = pages.next();
		await once(server as Server, 'request');
		release();
		expect((await second).value).toHaveLength(1);
		expect((await pages.next()).done).toBe(true);
	});

	it.each([
		['http://h/', 'http://h/countries?q=a+b%26c'],
		['http://h/flags', 'http://h/countries?q=a+b%26c'],
		['http://h/flags/', 'http://h/countries?q=a+b%26c'],
		['http://h/below/', 'http://h/below/countries?q=a+b%26c'],
		['http://h/below/flags?x#y', 'http://h/below/countries?q=a+b%26c'],
	])('finds the search of %s', async (root, expected) => {
		let asked: string | undefined;
		const { origin } = await serve((request, response) => {
			asked = request.url;
			page(response, []);
		});

		await collect(findOverHttp(new URL(root.replace('http://h', origin)), 'a b&c', NEVER));
		expect(`http://h${asked ?? ''}`).toBe(expected);
	});

	it('takes links from several headers, relative to the page', async () => {
		const root = await serve((request, response) => {
			const last = request.url === '/countries?page=2';
			response.setHeader('link', last ? [] : ['<?page=9>; rel="last"', '<?page=2>; rel=next']);
			page(response, [BRAZIL]);
		});

		expect(await collect(findOverHttp(root, 'b', NEVER))).toHaveLength(2);
	});

	it('does not follow a link to another server', async () => {
		const root = await serve((_, response) =>
			page(response, [BRAZIL], '<http://127.0.0.1:1/countries>; rel="next"'),
		);

		await expect(collect(findOverHttp(root, 'b', NEVER))).rejects.toThrow(
			'to another server, http://127.0.0.1:1',
		);
	});

	it('notices pages that go round in a circle', async () => {
		let requests = 0;
		const root = await serve((request, response) => {
			requests += 1;
			const next = request.url?.includes('page=2') === true ? '?page=3' : '?page=2';
			page(response, [BRAZIL], `</countries${next}>; rel="next"`);
		});

		await expect(collect(findOverHttp(root, 'b', NEVER))).rejects.toThrow('in a circle');
		expect(requests).toBe(3);
	});

	it('gives up where there is always one page more', async () => {
		let requests = 0;
		const root = await serve((_, response) => {
			requests += 1;
			page(response, [], `</countries?page=${requests}>; rel="next"`);
		});

		await expect(collect(findOverHttp(root, 'b', NEVER))).rejects.toThrow('more than 1000 pages');
		expect(requests).toBe(1000);
	});

	it('gives up where the pages have more than all countries', async () => {
		const full = Array.from({ length: 300 }, () => BRAZIL);
		let requests = 0;
		const root = await serve((_, response) => {
			requests += 1;
			page(response, full, `</countries?page=${requests}>; rel="next"`);
		});
		const limits = { ...FINDER_LIMITS, maxMatches: 1000 };

		await expect(collect(findOverHttp(root, 'b', NEVER, limits))).rejects.toThrow(
			`${root.origin} sent more than 1000 matches`,
		);
		expect(requests).toBe(4);
	});

	it('adds up the time that it waits for pages', async () => {
		let requests = 0;
		const root = await serve((_, response) => {
			requests += 1;
			setTimeout(() => page(response, [BRAZIL], `<?page=${requests}>; rel="next"`), 60);
		});
		const limits = { ...FINDER_LIMITS, totalTimeMs: 250 };

		await expect(collect(findOverHttp(root, 'b', NEVER, limits))).rejects.toThrow(
			`the response of ${root.origin} was not complete within 0.25 s`,
		);
		expect(requests).toBeLessThanOrEqual(5);
	});

	it.each<[string, (response: Parameters<RequestListener>[1]) => void]>([
		['an answer that trickles', (response) => response.write(' ')],
		['interim answers without an end', (response) => response.writeProcessing()],
	])('does not wait for ever for %s', async (_what, trickle) => {
		const root = await serve((_, response) => {
			const timer = setInterval(() => trickle(response), 10);
			response.once('close', () => clearInterval(timer));
		});
		const limits = { ...FINDER_LIMITS, totalTimeMs: 200 };

		await expect(collect(findOverHttp(root, 'b', NEVER, limits))).rejects.toThrow(
			'was not complete within 0.2 s',
		);
	});

	it('does not count the time of its reader', async () => {
		let requests = 0;
		const root = await serve((_, response) => {
			requests += 1;
			page(response, [BRAZIL], requests === 1 ? '<?page=2>; rel="next"' : undefined);
		});
		const pages = findOverHttp(root, 'b', NEVER, { ...FINDER_LIMITS, totalTimeMs: 1_000 });

		await pages.next();
		await sleep(1_200);
		expect((await pages.next()).value).toHaveLength(1);
		expect((await pages.next()).done).toBe(true);
	});

	it('names the address of a server that is not there', async () => {
		const root = await serve(() => {});
		server?.close();
		await once(server as Server, 'close');
		server = undefined;

		await expect(collect(findOverHttp(root, 'b', NEVER))).rejects.toThrow(
			`cannot reach ${root.href}countries?q=b: connection refused`,
		);
	});

	it('does not wait for ever for a silent server', async () => {
		const root = await serve(() => {});
		const limits = { ...FINDER_LIMITS, stallTimeMs: 100 };

		await expect(collect(findOverHttp(root, 'b', NEVER, limits))).rejects.toThrow('in time');
	});

	it('rejects with the reason of the signal', async () => {
		const root = await serve(() => {});
		const controller = new AbortController();
		const pages = collect(findOverHttp(root, 'b', controller.signal));
		await once(server as Server, 'request');

		controller.abort(new Error('enough'));

		await expect(pages).rejects.toThrow('enough');
	});
});

async function serve(listener: RequestListener): Promise<URL> {
	server = createServer(listener).listen(0, '127.0.0.1');
	await once(server, 'listening');
	return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

function page(response: Parameters<RequestListener>[1], countries: object[], link?: string): void {
	if (link !== undefined) {
		response.setHeader('link', link);
	}
	response.end(JSON.stringify({ countries }));
}
