import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Finder, startFinder } from '../../../src/server/finder/start-finder.ts';
import { closed, stalled, watchAccepted } from './accepted.ts';
import { connectToFinder } from './socket.ts';

const KIB = 1024;

let finder: Finder;
let accepted: ReturnType<typeof watchAccepted>;

beforeEach(async () => {
	accepted = watchAccepted();
	finder = await startFinder({ port: 0, host: '127.0.0.1' });
});

afterEach(async () => {
	accepted.stop();
	await finder.close();
});

describe('a client that does not read', () => {
	it('makes the server hold little, and gets all its answers when it does', async () => {
		const queries = 10_000;
		const client = sleeper();
		client.end('a\n'.repeat(queries));
		const served = await accepted.next();
		await stalled(() => served.bytesWritten);

		// The limit of a stream: 16 KiB with Node 20, 64 KiB later; and one part.
		expect(served.writableLength).toBeLessThan(96 * KIB);
		expect(served.readableLength).toBeLessThanOrEqual(64 * KIB);
		const writtenAsleep = served.bytesWritten;

		const answers = (await text(client)).match(/ matches for 'a'\n/g);
		expect(answers).toHaveLength(queries);
		expect(served.bytesWritten).toBeGreaterThan(2 * writtenAsleep);
	});

	it('is dropped once it is idle too long, in the middle of an answer', async () => {
		await restart(200);
		const client = sleeper();
		client.write('a\n'.repeat(20_000));
		const served = await accepted.next();

		// Without the timeout, this would wait forever.
		await closed(served);
		client.destroy();
	});

	it('is dropped once it is idle too long, with the last answer on its way', async () => {
		await restart(3_000);
		const client = sleeper();
		const served = await accepted.next();

		// Queries until the kernel accepts no more, with less in the buffer than makes a write wait.
		for (let sent = 2; served.writableLength === 0; sent += 2) {
			client.write('a\n');
			while (served.bytesRead < sent || served.readableLength > 0) {
				await new Promise(setImmediate);
			}
		}
		expect(served.writableLength).toBeLessThan(served.writableHighWaterMark);
		client.end();

		await closed(served);
		client.destroy();
	});
});

describe('a client that asks a lot', () => {
	it('is answered in turn with the others', async () => {
		const queries = 20_000;
		const greedy = await connectToFinder(finder.port);
		const served = await accepted.next();
		await greedy.until('?> ');
		greedy.socket.write('zz\n'.repeat(queries));
		await once(greedy.socket, 'data');

		const other = await connectToFinder(finder.port);
		other.socket.end('brazil\n');
		expect(await other.ended()).toContain('BR\t');

		expect(served.bytesWritten).toBeLessThan((queries / 2) * "No match for 'zz'\n?> ".length);
		greedy.socket.destroy();
	});

	it('harms no other client when it resets in the middle', async () => {
		const client = await connectToFinder(finder.port);
		const served = await accepted.next();
		await client.until('?> ');
		client.socket.write('a\n'.repeat(5_000));
		await once(client.socket, 'data');
		client.socket.resetAndDestroy();
		await closed(served);

		const other = await connectToFinder(finder.port);
		other.socket.end('brazil\n');
		expect(await other.ended()).toContain('BR\t');
	});
});

describe('a client that broke the protocol', () => {
	it('may say all it has to say, lest a reset swallow the reason', async () => {
		const client = await connectToFinder(finder.port);
		await client.until('?> ');
		const over = once(client.socket, 'close');

		client.socket.end(Buffer.alloc(5_000_000, 'a'));

		expect(await over).toEqual([false]);
		expect(client.received()).toMatch(/at most 1024 bytes\.\n$/);
	});

	it('harms no other client when it resets instead of leaving', async () => {
		const client = await connectToFinder(finder.port);
		const served = await accepted.next();
		client.socket.write('\u0003');
		await client.ended();

		client.socket.resetAndDestroy();
		await closed(served);
		expect(served.errored).toMatchObject({ code: 'ECONNRESET' });
	});

	it('is disconnected though it does not leave', async () => {
		const client = await connectToFinder(finder.port);
		const served = await accepted.next();
		client.socket.write('\u0003');
		await client.ended();

		await closed(served);
		client.socket.destroy();
	});
});

function sleeper(): Socket {
	const client = connect({ port: finder.port, host: '127.0.0.1' });
	client.on('error', () => {});
	client.pause();
	return client;
}

async function restart(idleTimeoutMs: number): Promise<void> {
	await finder.close();
	finder = await startFinder({ port: 0, host: '127.0.0.1', idleTimeoutMs });
}

async function text(client: Socket): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of client) {
		chunks.push(chunk as Buffer);
	}
	return Buffer.concat(chunks).toString();
}
