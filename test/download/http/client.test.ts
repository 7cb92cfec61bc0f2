import { describe, expect } from 'vitest';
import { type HttpClient, openHttpClient } from '../../../src/download/http/client.ts';
import type { Exchange } from '../../../src/download/http/exchange.ts';
import type { Hop } from '../../../src/download/http/redirect.ts';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../../src/download/options.ts';
import type { HeaderFields } from '../../../src/targets/header-field.ts';
import { placeOf } from '../../../src/targets/url.ts';
import { it } from '../../helpers/fixtures.ts';
import { GIF, type HoldServer } from '../../helpers/hold-server.ts';
import { onTestFinished } from '../../helpers/this-test.ts';

function open(options: Partial<DownloadOptions> = {}, signal = new AbortController().signal) {
	const client = openHttpClient({ ...DEFAULT_OPTIONS, ...options }, 4, signal);
	onTestFinished(async () => await client.close());
	return client;
}

const hopTo = ({ url }: HoldServer, path: string, rest: Partial<Hop> = {}): Hop => ({
	...{ url: placeOf(new URL(`${url}${path}`)), isListed: true },
	...{ authorization: undefined, cookie: undefined, ...rest },
});

async function bytesOf(exchange: Exchange): Promise<number> {
	await exchange.head();
	let bytes = 0;
	for (let read = await exchange.read(); read !== undefined; read = await exchange.read()) {
		bytes += Buffer.concat(read).length;
	}
	return bytes;
}

/** The received fields, except those of HTTP itself. */
async function fieldsSent(
	server: HoldServer,
	options: Partial<DownloadOptions> = {},
	rest: Partial<Hop> = {},
	own?: HeaderFields,
) {
	await bytesOf(open(options).send(hopTo(server, '/x', rest), own));
	const { host: _, connection: __, ...fields } = server.requests.at(-1)?.headers ?? {};
	return fields;
}

describe('the fields of a request', () => {
	const USUAL = { accept: '*/*', 'accept-encoding': 'identity' };
	const GIVEN = { referer: 'r', 'x-secret': 's', 'user-agent': 'me' };

	it('are few, and say who is asking', async ({ server }) => {
		const { 'user-agent': agent, ...fields } = await fieldsSent(server);

		expect(agent).toMatch(/^flagdl\/\d+\.\d+\.\d+/);
		expect(fields).toEqual(USUAL);
		expect(await fieldsSent(server, { compressed: true })).toMatchObject({
			'accept-encoding': 'gzip, deflate, br',
		});
	});

	it('are those that the user gave, to other origins the harmless ones', async ({ server }) => {
		const options = { headers: GIVEN };

		expect(await fieldsSent(server, options)).toEqual({ ...USUAL, ...GIVEN });
		expect(await fieldsSent(server, options, { isListed: false })).toEqual({
			...{ ...USUAL, ...GIVEN, 'x-secret': undefined },
		});
	});

	it.for<[rest: Partial<Hop>, own: HeaderFields | undefined, sent: HeaderFields]>([
		[{ authorization: 'a' }, undefined, { authorization: 'a' }],
		[{ cookie: 'c' }, undefined, { cookie: 'c' }],
		[{}, { range: 'bytes=1-' }, { range: 'bytes=1-' }],
		[{ cookie: 'c' }, { cookie: 'own' }, { cookie: 'own' }],
	])('are more with %j and %j', async ([rest, own, sent], { server }) => {
		expect(await fieldsSent(server, { headers: { 'user-agent': 'me' } }, rest, own)).toEqual({
			...{ ...USUAL, 'user-agent': 'me', ...sent },
		});
	});

	it('of the user go before logins and stored cookies', async ({ server }) => {
		const headers = { authorization: 'given', cookie: 'given' };

		expect(
			await fieldsSent(server, { headers }, { authorization: 'a', cookie: 'c' }),
		).toMatchObject(headers);
	});

	it('for a proxy go to it alone, and to the origin if there is none', async ({ server }) => {
		const headers = { 'proxy-authorization': 'p' };
		const sentTo = async (rest: Partial<DownloadOptions>, isListed = true) => {
			const { 'proxy-authorization': sent } = await fieldsSent(server, rest, { isListed });
			return sent;
		};

		expect(await sentTo({})).toBeUndefined();
		expect(await sentTo({ headers })).toBe('p');
		expect(await sentTo({ headers }, false)).toBeUndefined();
		expect(await sentTo({ headers, proxy: {} })).toBeUndefined();
		expect(await sentTo({ headers, proxy: { httpProxy: server.url } })).toBe('p');
		expect(server.requests.at(-1)?.url).toBe(`${server.url}/x`);
	});
});

describe('what is in flight', () => {
	const started = async (server: HoldServer, client: HttpClient, ...paths: string[]) => {
		server.hold(...paths);
		const count = server.requests.length;
		const exchanges = paths.map((path) => client.send(hopTo(server, path), undefined));
		await server.arrivals(count + paths.length);
		return exchanges.map((exchange) => bytesOf(exchange));
	};

	it('ends when the run is stopped, with the reason, and nothing else does', async ({ server }) => {
		const controller = new AbortController();
		const client = open({}, controller.signal);
		const [first, ...others] = await started(server, client, '/a', '/b', '/c', '/d');
		server.release('/a');
		expect(await first).toBe(GIF.length);

		controller.abort(new Error('stopped'));

		const ends = await Promise.allSettled(others);
		const reasons = ends.map((end) => (end.status === 'rejected' ? String(end.reason) : end));
		expect(reasons).toEqual(others.map(() => 'Error: stopped'));
		const late = client.send(hopTo(server, '/e'), undefined);
		await expect(late.head()).rejects.toThrow('stopped');
		expect(server.requests.map(({ url }) => url)).not.toContain('/e');
	});

	it('ends in whatever words it was stopped', async ({ server }) => {
		const controller = new AbortController();
		const [exchange] = await started(server, open({}, controller.signal), '/a');

		controller.abort('in a word');

		await expect(exchange).rejects.toThrow(new Error('in a word'));
	});

	it('is not stopped once the client is closed', async ({ server }) => {
		const controller = new AbortController();
		const client = openHttpClient(DEFAULT_OPTIONS, 1, controller.signal);
		const [exchange] = await started(server, client, '/a');

		const closing = client.close();
		await expect(exchange).rejects.toThrow();
		await closing;
		controller.abort(new Error('stopped'));
	});

	it.for([
		[{ maxTimeMs: 50 }, 'not complete within 0.05 s'],
		[{ stallTimeMs: 1, speedTimeMs: 1, speedLimitBytesPerSecond: 1e9 }, 'too slow'],
	] as const)('ends when its time is up: %j', async ([options, message], { server }) => {
		const client = open(options);
		server.answer('/drip', (_, response) => {
			response.writeHead(200, { 'content-length': 1000 });
			const timer = setInterval(() => response.write('x'), 5);
			response.on('close', () => clearInterval(timer));
		});

		await expect(bytesOf(client.send(hopTo(server, '/drip'), undefined))).rejects.toThrow(message);
	});

	it('uses a connection again, the same for a proxy', async ({ server }) => {
		const [direct, proxied] = [open(), open({ proxy: { httpProxy: server.url } })];
		for (const client of [direct, direct, proxied, proxied]) {
			await bytesOf(client.send(hopTo(server, '/x'), undefined));
		}

		expect(server.connections).toBe(2);
		direct.closeIdle();
		await bytesOf(direct.send(hopTo(server, '/x'), undefined));
		expect(server.connections).toBe(3);
	});
});
