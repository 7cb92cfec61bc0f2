import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { buildConnector } from 'undici';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ClientPool } from '../../../src/download/connection/connection-pool.ts';
import { addressesOf } from '../../../src/download/connection/connector.ts';

const [A, B] = ['http://a.example', 'http://b.example'];

let pool: ClientPool;

beforeEach(() => {
	const opened = new ClientPool({ slots: 1, stallTimeMs: 1000, connect: buildConnector({}) });
	onTestFinished(async () => await opened.destroy());
	pool = opened;
});

describe('clients that are not in use', () => {
	it('are used again, the last one first, for their origin', () => {
		const [first, second, other] = [pool.acquire(A), pool.acquire(A), pool.acquire(B)];
		expect(new Set([first, second, other]).size).toBe(3);

		pool.release(first);
		pool.release(other);
		pool.release(second);

		expect(pool.acquire(A)).toBe(second);
		expect(pool.acquire(A)).toBe(first);
		expect(pool.acquire(B)).toBe(other);
		expect([first, second, other]).not.toContain(pool.acquire(A));
		expect([first.origin, other.origin]).toEqual([A, B]);
	});

	it('are four for each slot at most: that of the longest idle origin is closed', () => {
		const [one, ...many] = [
			pool.acquire(B),
			pool.acquire(A),
			pool.acquire(A),
			pool.acquire(A),
			pool.acquire(A),
		];
		// Acquired and released again: it does not count twice.
		pool.release(one);
		pool.release(pool.acquire(B));
		for (const client of many.slice(0, 3)) {
			pool.release(client);
		}
		expect([one, ...many].filter(({ closed }) => closed)).toEqual([]);

		for (const client of many.slice(3)) {
			pool.release(client);
		}

		expect(one.closed).toBe(true);
		expect(many.filter(({ closed }) => closed)).toEqual([]);
		expect(pool.acquire(B)).not.toBe(one);
	});

	it('are not closed again if they come back after the end', async () => {
		const clients = Array.from({ length: 5 }, () => pool.acquire(A));
		const unhandled: unknown[] = [];
		const onUnhandled = (error: unknown) => unhandled.push(error);
		process.on('unhandledRejection', onUnhandled);
		onTestFinished(() => void process.off('unhandledRejection', onUnhandled));
		await pool.destroy();

		for (const client of clients) {
			pool.release(client);
		}
		await nextTurn();

		expect(unhandled).toEqual([]);
	});

	it('are closed one by one when descriptors are short, the longest idle first', () => {
		const [first, second, other] = [pool.acquire(A), pool.acquire(A), pool.acquire(B)];
		pool.release(first);
		pool.release(second);
		pool.release(other);

		pool.closeIdle();
		expect([first.closed, second.closed]).toEqual([true, false]);
		pool.closeIdle();
		expect([second.closed, other.closed]).toEqual([true, false]);
		pool.closeIdle();
		expect(other.closed).toBe(true);
		pool.closeIdle();
		// All are closed, so that four more may stay.
		const more = [pool.acquire(A), pool.acquire(A), pool.acquire(A), pool.acquire(A)];
		for (const client of more) {
			pool.release(client);
		}
		expect(more.filter(({ closed }) => closed)).toEqual([]);
	});

	it('and those that are in use are destroyed at the end', async () => {
		const [used, idle] = [pool.acquire(A), pool.acquire(B)];
		pool.release(idle);

		await pool.destroy();

		expect([used.destroyed, idle.destroyed]).toEqual([true, true]);
	});
});

describe('--resolve', () => {
	const resolve = { 'a.example:80': '1.1.1.1', 'a.example:8443': '1.1.1.2', '*:443': '1.1.1.3' };

	it.each([
		['http:', 'a.example', '', '1.1.1.1'],
		['http:', 'a.example', '80', '1.1.1.1'],
		['https:', 'a.example', '8443', '1.1.1.2'],
		['https:', 'a.example', '', '1.1.1.3'],
		['https:', 'b.example', '443', '1.1.1.3'],
		['http:', 'b.example', '443', '1.1.1.3'],
		['http:', 'b.example', '', undefined],
		['https:', 'b.example', '80', undefined],
	])('for %s//%s and port %j has the address %s', (protocol, hostname, port, address) => {
		expect(addressesOf(resolve, { protocol, hostname, port })).toBe(address);
		expect(addressesOf(undefined, { protocol, hostname, port })).toBeUndefined();
	});
});
