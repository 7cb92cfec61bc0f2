import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import type { DownloadOptions } from '../../../src/download/options.ts';
import type { Outcome } from '../../../src/download/outcome.ts';
import { contextWith, download } from '../../helpers/download.ts';
import { it } from '../../helpers/fixtures.ts';
import { holds } from '../../helpers/held-content.ts';
import { GIF } from '../../helpers/hold-server.ts';
import { listen } from '../../network/listen.ts';

const RESPONSE = Buffer.concat([
	Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${GIF.length}\r\n\r\n`),
	GIF,
]);
const V4 = [1, 127, 0, 0, 1, 0, 80];
/** Requires no login, and answers the request with this code. */
const replies = (code: number) => [
	[5, 0],
	[5, code, 0, ...V4],
];
const CONNECTS = replies(0);
const LOGS_IN = [[5, 2], [1, 0], ...CONNECTS.slice(1)];

interface Asked {
	readonly outcome: Outcome;
	/** What the proxy received before each of its answers. */
	readonly said: readonly Buffer[];
	readonly proxy: string;
	/** Resolves when all connections to it are closed. */
	readonly left: () => Promise<void>;
}

interface Asking {
	readonly url?: string;
	readonly scheme?: string;
	readonly login?: string;
	readonly options?: Partial<DownloadOptions>;
}

/** Downloads through a proxy that sends these answers in order and then closes; it is also the origin. */
async function ask(
	folder: string,
	answers: readonly (readonly number[])[],
	{ url = 'http://far.example/x.gif', scheme = 'socks5h', login = '', options = {} }: Asking = {},
): Promise<Asked> {
	const said: Buffer[] = [];
	const server = createServer({ allowHalfOpen: true }, (socket) => {
		socket.on('end', () => socket.end());
		socket.on('data', (chunk) => {
			said.push(chunk);
			const answer = answers[said.length - 1];
			if (chunk.toString('latin1').startsWith('GET ')) {
				socket.write(RESPONSE);
			} else if (answer === undefined || answer.length === 0) {
				socket.end();
			} else {
				socket.write(Buffer.from(answer));
			}
		});
	});
	const proxy = `127.0.0.1:${await listen(server)}`;
	holds(new URL(url).origin, GIF);
	const target = { id: 'x', index: 0, url, dest: join(folder, 'x.gif') };
	const httpProxy = `${scheme}://${login}${proxy}`;

	const outcome = await download(
		target,
		contextWith({ retries: 0, proxy: { httpProxy, httpsProxy: httpProxy }, ...options }),
	);

	const left = async () => {
		await expect.poll(async () => await promisify(server.getConnections.bind(server))()).toBe(0);
	};
	return { outcome, said, proxy, left };
}

describe('a proxy of SOCKS', () => {
	it.for<[name: string, url: string, address: number[]]>([
		['a name', 'http://far.example/x.gif', [3, 11, ...Buffer.from('far.example'), 0, 80]],
		['a port', 'http://a.example:8081/x.gif', [3, 9, ...Buffer.from('a.example'), 0x1f, 0x91]],
		['an address', 'http://10.1.2.3/x.gif', [1, 10, 1, 2, 3, 0, 80]],
		['one of IPv6', 'http://[::1]/x.gif', [4, ...Array<number>(15).fill(0), 1, 0, 80]],
		[
			'a long one of IPv6',
			'http://[fd00:1:2:3:4:5:6:abcd]/x.gif',
			[4, 0xfd, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0xab, 0xcd, 0, 80],
		],
		[
			'one of IPv6 with zeros at its end',
			'http://[fd00:1234::]/x.gif',
			[4, 0xfd, 0, 0x12, 0x34, ...Array<number>(12).fill(0), 0, 80],
		],
	])('is asked for %s in its form', async ([_name, url, address], { folder }) => {
		const { outcome, said } = await ask(folder, CONNECTS, { url });

		expect(outcome).toMatchObject({ status: 'ok', bytes: GIF.length });
		expect(said.slice(0, 2).map((chunk) => [...chunk])).toEqual([
			[5, 1, 0],
			[5, 1, 0, ...address],
		]);
	});

	it.for<[kind: string, address: number[]]>([
		['IPv4', V4],
		['IPv6', [4, ...Array<number>(16).fill(7), 0, 80]],
		['a name', [3, 2, 104, 105, 0, 80]],
	])('may connect from %s', async ([_kind, address], { folder }) => {
		const { outcome } = await ask(folder, [
			[5, 0],
			[5, 0, 0, ...address],
		]);

		expect(outcome.status).toBe('ok');
	});

	it('is asked for the port of https, where TLS begins', async ({ folder }) => {
		const url = 'https://far.example/x.gif';
		const { said } = await ask(folder, CONNECTS, { url });

		expect([...(said[1] ?? [])].slice(-2)).toEqual([443 >> 8, 443 & 0xff]);
		// A handshake (RFC 8446, section 5.1).
		expect(said[2]?.[0]).toBe(22);
	});

	it('is given the address of a name that is looked up here', async ({ folder }) => {
		const options = { resolve: { 'far.example:80': '10.9.8.7,10.9.8.6' } };
		const { said } = await ask(folder, CONNECTS, { scheme: 'socks5', options });

		expect([...(said[1] ?? [])]).toEqual([5, 1, 0, 1, 10, 9, 8, 7, 0, 80]);
	});

	it('is given a login if it wants one', async ({ folder }) => {
		const login = 'us%C3%A9r:p%40ss@';
		const { outcome, said } = await ask(folder, LOGS_IN, { login });

		expect(outcome.status).toBe('ok');
		expect(said.slice(0, 2).map((chunk) => [...chunk])).toEqual([
			[5, 2, 0, 2],
			[1, 5, ...Buffer.from('usér'), 4, ...Buffer.from('p@ss')],
		]);
	});

	it('is not given a login that it does not want', async ({ folder }) => {
		const { outcome, said } = await ask(folder, CONNECTS, { login: 'u:p@' });

		expect(outcome.status).toBe('ok');
		expect(said[1]?.[1]).toBe(1);
	});

	it.for<[answers: number[][], login: string, code: string, what: string]>([
		[[[4, 0]], '', 'proxy_refused', 'it does not speak SOCKS 5'],
		[[[72, 84]], '', 'proxy_refused', 'it does not speak SOCKS 5'],
		[[[5, 2]], '', 'proxy_auth_required', 'it wants a user and password'],
		[[[5, 255]], '', 'proxy_auth_required', 'it wants a user and password'],
		[[[5, 255]], 'u:p@', 'proxy_auth_required', 'it wants another kind of login'],
		[
			[
				[5, 2],
				[1, 1],
			],
			'u:p@',
			'proxy_auth_required',
			'it wants another user or password',
		],
		[
			[
				[5, 0],
				[4, 0, 0, ...V4],
			],
			'',
			'proxy_refused',
			'it does not speak SOCKS 5',
		],
		[
			[
				[5, 0],
				[5, 0, 0, 2, 0, 0],
			],
			'',
			'proxy_refused',
			'it does not speak SOCKS 5',
		],
		[replies(1), '', 'proxy_failed', 'it failed'],
		[replies(2), '', 'proxy_refused', 'its rules do not allow it'],
		[replies(3), '', 'proxy_failed', 'the network is out of reach'],
		[replies(4), '', 'proxy_failed', 'the host is out of reach'],
		[replies(5), '', 'proxy_failed', 'the connection was refused'],
		[replies(6), '', 'proxy_failed', 'the way is too long (TTL)'],
		[replies(7), '', 'proxy_refused', 'it knows no CONNECT'],
		[replies(8), '', 'proxy_refused', 'it does not take addresses of this kind'],
		[replies(9), '', 'proxy_failed', 'it says 9'],
		[[[]], '', 'proxy_failed', 'it closed the connection early'],
		[[[5, 0], []], '', 'proxy_failed', 'it closed the connection early'],
	])(
		'that says %j (%j) is told by what it means',
		async ([answers, login, code, what], { folder }) => {
			const { outcome, proxy } = await ask(folder, answers, { login });

			const message = `the proxy ${proxy} did not connect to far.example: ${what}`;
			expect(outcome.failure).toMatchObject({ code, message });
		},
	);

	it('that says half of an answer is waited for no longer than for a connection', async ({
		folder,
	}) => {
		const { outcome, proxy } = await ask(folder, [[5]], { options: { connectTimeoutMs: 300 } });

		expect(outcome.failure).toMatchObject({
			code: 'connect_timeout',
			message: `the proxy ${proxy} did not connect to far.example: no connection within 0.3 s`,
		});
	});

	it.for([
		['user', `${'u'.repeat(256)}:p@`, 'http://far.example/x.gif'],
		['password', `u:${'p'.repeat(256)}@`, 'http://far.example/x.gif'],
	] as const)(
		'is not asked with a %s of more than 255 bytes',
		async ([_name, login, url], { folder }) => {
			const { outcome, said } = await ask(folder, [[5, 2]], { login, url });

			expect(outcome.failure?.code).toBe('proxy_refused');
			expect(outcome.failure?.message).toContain(
				'a user, password or host of more than 255 bytes cannot be sent to it',
			);
			expect(said.length).toBe(1);
		},
	);

	it('takes a user of 255 bytes', async ({ folder }) => {
		const login = `${'u'.repeat(255)}:p@`;
		const { outcome, said } = await ask(folder, LOGS_IN, { login });

		expect(outcome.status).toBe('ok');
		expect(said[1]?.length).toBe(1 + 256 + 2);
	});
});
