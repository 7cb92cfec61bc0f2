import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { buildConnector, Client, Dispatcher, Pool } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeLenient } from '../../../src/download/connection/lenient-parser.ts';
import { bytesOf, startRawOrigin } from '../../network/raw-origin.ts';

// Undocumented behaviour of undici that flagdl relies on. If one of these tests fails after an update, the
// comment in the source that names undici says what has to be checked.
const ROOT = resolve(import.meta.dirname, '../../..');
const require = createRequire(import.meta.url);
const versionIn = (file: string, pick: (json: Json) => unknown) =>
	pick(JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as Json);

interface Json {
	readonly version: string;
	readonly dependencies: Readonly<Record<string, string>>;
	readonly packages: Readonly<Record<string, { version: string }>>;
}

it('is pinned to the version that is installed', () => {
	expect([
		versionIn('package.json', ({ dependencies }) => dependencies['undici']),
		versionIn('package-lock.json', ({ packages }) => packages['node_modules/undici']?.version),
		versionIn('node_modules/undici/package.json', ({ version }) => version),
	]).toEqual(['7.30.2', '7.30.2', '7.30.2']);
});

describe('the bundles', () => {
	it('have the parts that the index of undici has, and no others', () => {
		expect(require('../../../scripts/undici-parts.cjs')).toEqual({ buildConnector, Client, Pool });
		expect(Dispatcher.prototype).toMatchObject({
			connect: require('undici/lib/api/api-connect.js') as unknown,
			request: require('undici/lib/api/api-request.js') as unknown,
		});
	});

	it('do without the assert of Node, and use no method of it', () => {
		const folder = join(ROOT, 'dist/bundle');
		const bundles = readdirSync(folder).filter((name) => name.endsWith('.cjs'));

		expect(bundles.length).toBeGreaterThan(3);
		for (const name of bundles) {
			const bundle = readFileSync(join(folder, name), 'utf8');
			expect(bundle.match(/node:assert|\bassert\d*\.\w+\(/g)).toBeNull();
		}
	});
});

/** Sends a request, and returns the calls of its handler in order. */
async function callsOf(
	answer: Buffer,
	onHeaders: (abort: (reason: Error) => void) => boolean = () => true,
): Promise<unknown[][]> {
	const origin = await startRawOrigin((socket) => socket.write(answer));
	const connect = buildConnector({});
	let socket: Socket | undefined;
	const client = new Client(origin.url, {
		connect: (options, callback) =>
			connect(options, (error, connected) => {
				socket = connected ?? undefined;
				if (error === null) {
					callback(null, connected);
				} else {
					callback(error, null);
				}
			}),
	});
	onTestFinished(async () => await client.destroy());
	const calls: unknown[][] = [];
	let abort: (reason: Error) => void = () => {};
	await new Promise<void>((settle) => {
		const handler = {
			onConnect(given: (reason: Error) => void) {
				abort = given;
				calls.push(['onConnect', socket?.bytesWritten]);
			},
			onHeaders(status: number, raw: Buffer[], resume: () => void) {
				calls.push(['onHeaders', status, raw, typeof resume]);
				return onHeaders(abort);
			},
			onData(chunk: Buffer) {
				calls.push(['onData', chunk]);
				return true;
			},
			onComplete(trailers: string[] | null) {
				calls.push(['onComplete', trailers]);
				settle();
			},
			onError(error: Error) {
				calls.push(['onError', error.message]);
				settle();
			},
		};
		client.dispatch({ method: 'GET', path: '/' }, handler);
	});
	return calls;
}

it('has a parser that can be made lenient', async () => {
	const origin = await startRawOrigin((socket) => socket.write(ANSWER));
	const connect = buildConnector({});
	const known: boolean[] = [];
	const client = new Client(origin.url, {
		connect: (options, callback) =>
			connect(options, (error, socket) => {
				if (error === null) {
					known.push(makeLenient(socket));
					client.once('connect', () => known.push(makeLenient(socket)));
					callback(null, socket);
				} else {
					callback(error, null);
				}
			}),
	});
	onTestFinished(async () => await client.destroy());

	await client.request({ method: 'GET', path: '/' });

	// Before undici has connected, there is no parser, and the socket is left unchanged.
	expect(known).toEqual([false, true]);
});

const ANSWER = bytesOf(['HTTP/1.1 200 OK', 'Content-Length: 1', 'X-Y: z'], 'c');
const RAW = ['Content-Length', '1', 'X-Y', 'z'].map((text) => Buffer.from(text));

describe('a handler with the callbacks of undici 7', () => {
	it('is called before the request is written, and gets raw fields and chunks', async () => {
		expect(await callsOf(Buffer.concat([bytesOf(['HTTP/1.1 103 X']), ANSWER]))).toEqual([
			['onConnect', 0],
			['onHeaders', 103, [], 'function'],
			['onHeaders', 200, RAW, 'function'],
			['onData', Buffer.from('c')],
			['onComplete', []],
		]);
	});

	it('gets an impossible status before undici finds it impossible', async () => {
		expect(
			await callsOf(bytesOf(['HTTP/1.1 042 X', 'Content-Length: 0']), () => {
				throw new Error('thrown in onHeaders');
			}),
		).toEqual([
			['onConnect', 0],
			['onHeaders', 42, [Buffer.from('Content-Length'), Buffer.from('0')], 'function'],
			['onError', 'thrown in onHeaders'],
		]);
	});

	it('hears its own reason once it has aborted, and nothing after that', async () => {
		const abort = (given: (reason: Error) => void) => {
			given(new Error('enough'));
			return true;
		};

		expect(await callsOf(ANSWER, abort)).toEqual([
			['onConnect', 0],
			['onHeaders', 200, RAW, 'function'],
			['onError', 'enough'],
		]);
	});
});
