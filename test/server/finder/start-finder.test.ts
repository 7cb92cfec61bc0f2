import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
	type Finder,
	type FinderOptions,
	startFinder,
} from '../../../src/server/finder/start-finder.ts';
import { watchAccepted } from './accepted.ts';
import { connectToFinder } from './socket.ts';

let finder: Finder;
let accepted: ReturnType<typeof watchAccepted>;

beforeEach(() => {
	accepted = watchAccepted();
});

afterEach(async () => {
	accepted.stop();
	await finder.close();
});

describe('startFinder', () => {
	it('rejects where the port is taken', async () => {
		await start();
		await expect(startFinder({ port: finder.port, host: '127.0.0.1' })).rejects.toMatchObject({
			code: 'EADDRINUSE',
		});
	});

	it('says why to a client that is idle too long, and closes', async () => {
		await start({ idleTimeoutMs: 100 });
		const client = await connectToFinder(finder.port);

		expect(await client.ended()).toBe('?> Closing: idle for 0.1 s.\n');
		client.socket.end();
	});

	it('turns one client too many away with a reason, and serves again when one has left', async () => {
		await start({ maxConnections: 2 });
		const first = await connectToFinder(finder.port);
		const second = await connectToFinder(finder.port);
		await Promise.all([first.until('?> '), second.until('?> ')]);

		const third = await connectToFinder(finder.port);
		expect(await third.ended()).toBe(
			'Closing: 2 clients are connected, and no more are allowed.\n',
		);
		third.socket.destroy();

		const served = await accepted.next();
		first.socket.end();
		await once(served, 'close');
		expect(await ask('brazil\n')).toContain('BR\t');
		second.socket.destroy();
	});

	it('drops clients without a word where those turned away do not leave', async () => {
		await start({ maxConnections: 1 });
		const clients = await Promise.all(
			Array.from({ length: 100 }, () => connectToFinder(finder.port)),
		);

		const words = await Promise.all(clients.slice(1).map((client) => client.ended()));
		expect(words.filter((text) => text.startsWith('Closing: ')).length).toBe(64);
		expect(words.filter((text) => text === '').length).toBe(35);
		for (const { socket } of clients) {
			socket.destroy();
		}
	});
});

describe('close', () => {
	it('tells idle clients, waits until they are gone, and accepts no other', async () => {
		await start();
		const client = await connectToFinder(finder.port);
		await client.until('?> ');
		const served = await accepted.next();

		const closed = finder.close();
		expect(await client.ended()).toBe('?> Closing: the server is shutting down.\n');
		expect(served.closed).toBe(false);
		client.socket.end();
		await closed;

		expect(served.closed).toBe(true);
		await expect(connectToFinder(finder.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
	});

	it('lets the answer under way end', async () => {
		await start();
		const client = await connectToFinder(finder.port);
		await client.until('?> ');
		client.socket.write('a\n'.repeat(5_000));
		await once(client.socket, 'data');

		const closed = finder.close();
		const received = await client.ended();
		client.socket.end();
		await closed;

		expect(received).toMatch(/matches for 'a'\n\?> Closing: the server is shutting down\.\n$/);
	});

	it('does not wait for ever for a client that does not read or leave', async () => {
		await start({ closeTimeoutMs: 100 });
		const client = connect({ port: finder.port, host: '127.0.0.1' });
		client.on('error', () => {});
		client.pause();
		client.write('a\n'.repeat(20_000));
		await accepted.next();

		await finder.close();
		client.destroy();
	});

	it('may be called twice', async () => {
		await start();
		await Promise.all([finder.close(), finder.close()]);
	});
});

async function start(options: Partial<FinderOptions> = {}): Promise<void> {
	finder = await startFinder({ port: 0, host: '127.0.0.1', ...options });
}

async function ask(line: string): Promise<string> {
	const client = await connectToFinder(finder.port);
	client.socket.end(line);
	return await client.ended();
}
