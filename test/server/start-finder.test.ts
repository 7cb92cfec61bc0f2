import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Finder, type FinderOptions, startFinder } from '../../src/server/start-finder.ts';
import { connectToFinder } from './finder-socket.ts';

let finder: Finder;

afterEach(() => finder.close());

describe('startFinder', () => {
	it('rejects where the port is taken', async () => {
		await start();
		await expect(startFinder({ port: finder.port, host: '127.0.0.1' })).rejects.toMatchObject({
			code: 'EADDRINUSE',
		});
	});

	it('holds little of the answers that a client does not read, and gives them all when it does', async () => {
		const accepted = acceptedSockets();
		await start();
		const queries = 4_000;
		const client = connect({ port: finder.port, host: '127.0.0.1' });
		client.pause();
		await once(client, 'connect');
		client.write('a\n'.repeat(queries));
		client.end();

		const [served] = accepted.sockets;
		await stalled(() => served?.bytesWritten ?? 0);

		// The answers are some 10 MB: far more than the kernel takes for a reader who is asleep.
		expect(served?.bytesWritten).toBeLessThan(9_000_000);
		expect(served?.writableLength).toBeLessThan(64 * 1024);
		expect(served?.readableLength).toBeLessThanOrEqual(64 * 1024);

		let status = 0;
		for await (const chunk of client) {
			status += (chunk as Buffer).toString().match(/matches for/g)?.length ?? 0;
		}
		// One or the other status line may be cut in two by a chunk's end.
		expect(status).toBeGreaterThan(queries * 0.95);
		expect(status).toBeLessThanOrEqual(queries);
		accepted.stop();
	});

	it("answers one client while another's 20,000 queries are worked off", async () => {
		await start();
		const greedy = await connectToFinder(finder.port);
		await greedy.until('?> ');
		greedy.socket.write('a\n'.repeat(20_000));
		await once(greedy.socket, 'data');

		const other = await connectToFinder(finder.port);
		other.socket.end('brazil\n');

		expect(await other.ended()).toContain('BR\t');
		expect(greedy.received().match(/matches for/g)?.length ?? 0).toBeLessThan(10_000);
		greedy.socket.destroy();
	});

	it('survives a client that resets in the middle of an answer', async () => {
		await start();
		const client = await connectToFinder(finder.port);
		await client.until('?> ');
		client.socket.write('a\n'.repeat(5_000));
		await once(client.socket, 'data');
		client.socket.resetAndDestroy();

		expect(await ask('brazil\n')).toContain('BR\t');
	});

	it('says why to a client that is idle too long, and closes', async () => {
		await start({ idleTimeoutMs: 100 });
		const client = await connectToFinder(finder.port);

		expect(await client.ended()).toBe('?> Closing: idle for 0.1 s.\n');
		client.socket.end();
	});

	it('drops a client that has stopped reading, once it is idle too long', async () => {
		const accepted = acceptedSockets();
		await start({ idleTimeoutMs: 300 });
		const client = connect({ port: finder.port, host: '127.0.0.1' });
		client.on('error', () => {});
		client.pause();
		client.write('a\n'.repeat(20_000));
		await once(client, 'connect');
		while (accepted.sockets.length === 0) {
			await sleep(5);
		}

		// Without the time-out this would wait for ever.
		await once(accepted.sockets[0] as Socket, 'close');
		client.destroy();
		accepted.stop();
	});

	it('turns one client too many away with a reason, and serves again when one has left', async () => {
		await start({ maxConnections: 2 });
		const [first, second] = [
			await connectToFinder(finder.port),
			await connectToFinder(finder.port),
		];
		await Promise.all([first.until('?> '), second.until('?> ')]);

		const third = await connectToFinder(finder.port);
		expect(await third.ended()).toBe(
			'Closing: 2 clients are connected, and no more are allowed.\n',
		);
		third.socket.destroy();

		first.socket.end();
		await first.ended();
		expect(await ask('brazil\n')).toContain('BR\t');
		second.socket.destroy();
	});
});

describe('close', () => {
	it('tells idle clients, waits until they are gone, and accepts nobody', async () => {
		await start();
		const client = await connectToFinder(finder.port);
		await client.until('?> ');

		const closed = finder.close();
		expect(await client.ended()).toBe('?> Closing: the server is shutting down.\n');
		client.socket.end();
		await closed;

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
		await once(client, 'connect');

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

/** The server's side of each connection, as Node announces it. */
function acceptedSockets(): { sockets: Socket[]; stop: () => void } {
	const sockets: Socket[] = [];
	const listener = (message: unknown) => {
		sockets.push((message as { socket: Socket }).socket);
	};
	diagnostics.subscribe('net.server.socket', listener);
	return {
		sockets,
		stop: () => diagnostics.unsubscribe('net.server.socket', listener),
	};
}

/** Waits until a figure that grows has stood still for a while, and is not 0. */
async function stalled(figure: () => number): Promise<void> {
	for (let last = -1; last !== figure() || last === 0; ) {
		last = figure();
		await sleep(200);
	}
}
