import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { startFinder } from '../../src/server/finder/start-finder.ts';
import { startFlagServer } from '../../src/server/start-flag-server.ts';

const BIN = new URL('../../bin/flagdl.js', import.meta.url).pathname;
const ISLANDS = 'AX BV CC CK CX FK FO GS HM KY MH MP NF SB TC UM VG VI';

const children: ChildProcess[] = [];
let server: Server | undefined;

afterEach(async () => {
	for (const child of children.splice(0)) {
		if (child.exitCode === null && child.signalCode === null) {
			child.kill('SIGKILL');
			await once(child, 'exit');
		}
	}
	server?.closeAllConnections();
	server?.close();
	server = undefined;
});

describe('flagdl find', () => {
	it('finds the same by HTTP and by TCP, from a server of its own', async () => {
		const [http, tcp] = await Promise.all([
			find('island', '--codes'),
			find('island', '--codes', '--tcp'),
		]);

		expect(http).toEqual({ code: 0, stdout: `${ISLANDS.replaceAll(' ', '\n')}\n`, stderr: '' });
		expect(tcp).toEqual(http);
	});

	it('prints code, name and capital, from the servers that are named', async () => {
		const flags = await startFlagServer();
		const finder = await startFinder({ port: 0, host: '127.0.0.1' });

		const http = await find('são', 'TOMÉ', '--server', `${flags.url}/flags`);
		const tcp = await find('são', 'TOMÉ', '--tcp', '-s', `127.0.0.1:${finder.port}`);
		await Promise.all([flags.close(), finder.close()]);

		const stdout = 'ST\tSao Tome and Principe\tSão Tomé\n';
		expect(http).toEqual({ code: 0, stdout, stderr: '' });
		expect(tcp).toEqual({ code: 0, stdout, stderr: '' });
	});

	it.each([
		['HTTP', []],
		['TCP', ['--tcp']],
	])('exits 1 where nothing matches, by %s', async (_, options) => {
		expect(await find('qqq', ...options)).toEqual({
			code: 1,
			stdout: '',
			stderr: "No match for 'qqq'\n",
		});
	});

	it('exits 4 where the server cannot be reached, and names it', async () => {
		const { origin } = await serve(() => {});
		server?.close();

		const http = await find('a', '--server', origin);
		const tcp = await find('a', '--tcp', '--server', origin.slice('http://'.length));

		expect([http.code, tcp.code]).toEqual([4, 4]);
		expect(http.stderr).toContain(`cannot reach ${origin}/countries?q=a: connection refused`);
		expect(tcp.stderr).toContain(
			`cannot reach ${origin.slice('http://'.length)}: connection refused`,
		);
	});

	it('exits 4 where the server never comes to an end', async () => {
		const endless = createTcpServer((socket) => {
			const lines = 'BR\tBrazil\tBrasilia\n'.repeat(1000);
			const send = () => {
				while (!socket.destroyed && socket.write(lines)) {
					// Fills the buffers of the kernel.
				}
			};
			socket.on('error', () => {}).on('drain', send);
			send();
		}).listen(0, '127.0.0.1');
		await once(endless, 'listening');
		const address = `127.0.0.1:${(endless.address() as AddressInfo).port}`;
		let pages = 0;
		const { origin } = await serve((_, response) => {
			pages += 1;
			response.setHeader('link', `<?page=${pages}>; rel=next`).end(page('BR'));
		});

		const tcp = await find('b', '--codes', '--tcp', '--server', address);
		const http = await find('b', '--codes', '--server', origin);
		endless.close();

		expect([tcp.code, http.code]).toEqual([4, 4]);
		expect(tcp.stderr).toBe(`flagdl: ${address} sent more than 100000 matches\n`);
		expect(http.stderr).toBe(`flagdl: ${origin} has more than 1000 pages\n`);
	});

	it.each([
		[['--server', 'nowhere', 'a'], '--server: found "nowhere"; allowed: '],
		[['--server', 'http://h', '--tcp', 'a'], '--server: found "http://h"; allowed: '],
		[[' '], 'found nothing but space; allowed: '],
		[[], '<words> is missing'],
		[['a\nb'], 'U+000A'],
	])('exits 2 for %j', async (args, message) => {
		const { code, stdout, stderr } = await find(...args);

		expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
		expect(stderr).toContain(message);
	});

	it('prints a page while the next is not there yet, and ends on Ctrl-C with 130', async () => {
		const { origin } = await serve((request, response) => {
			if (request.url?.includes('page=') !== true) {
				response.setHeader('link', '<?page=2>; rel=next').end(page('BR'));
			}
		});
		const child = start('b', '--codes', '--server', origin);
		const stderr = text(child.stderr as NodeJS.ReadableStream);

		const [printed] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
		expect(printed.toString()).toBe('BR\n');
		child.kill('SIGINT');

		expect(await once(child, 'exit')).toEqual([130, null]);
		expect(await stderr).not.toContain('bug');
	});

	it('ends in silence when its reader has had enough', async () => {
		let pages = 0;
		const { origin } = await serve((_, response) => {
			pages += 1;
			response.setHeader('link', `<?page=${pages}>; rel=next`).end(page('BR'));
		});
		const child = start('b', '--codes', '--server', origin);
		const stderr = text(child.stderr as NodeJS.ReadableStream);

		await once(child.stdout as NodeJS.ReadableStream, 'data');
		child.stdout?.destroy();

		expect(await once(child, 'exit')).toEqual([0, null]);
		expect(await stderr).toBe('');
		expect(pages).toBeLessThan(1_000);
	});
});

function start(...args: string[]): ChildProcess {
	const child = spawn(process.execPath, [BIN, 'find', ...args], {
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	children.push(child);
	return child;
}

async function find(...args: string[]) {
	const child = start(...args);
	const [stdout, stderr, [code]] = await Promise.all([
		text(child.stdout as NodeJS.ReadableStream),
		text(child.stderr as NodeJS.ReadableStream),
		once(child, 'exit') as Promise<[number | null]>,
	]);
	return { code, stdout, stderr };
}

async function serve(listener: RequestListener): Promise<URL> {
	server = createServer(listener).listen(0, '127.0.0.1');
	await once(server, 'listening');
	return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

function page(code: string): string {
	return JSON.stringify({ countries: [{ iso_cc: code, country: code, capital: null }] });
}
