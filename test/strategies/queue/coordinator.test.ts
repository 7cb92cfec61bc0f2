import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/download/outcome.ts';
import { Ledger } from '../../../src/strategies/queue/coordinator/ledger.ts';
import { Mailbox } from '../../../src/strategies/queue/coordinator/mailbox.ts';
import { ShardCutter } from '../../../src/strategies/queue/coordinator/shard-cutter.ts';
import type { WireOutcome } from '../../../src/strategies/queue/wire/outcome-batch.ts';
import type { Target } from '../../../src/targets/target.ts';
import { collect } from '../../helpers/collect.ts';

const targetAt = (index: number): Target => ({
	id: String(index),
	index,
	url: `http://h/${index}`,
	dest: `/out/${index}`,
});
const targetsOf = (count: number) => Array.from({ length: count }, (_, index) => targetAt(index));

describe('ShardCutter', () => {
	it('cuts a list into shards of one size, and what is left', async () => {
		const cutter = new ShardCutter(targetsOf(7), 3, '/out');

		const sizes = [await cutter.next(), await cutter.next(), await cutter.next()].map(
			(shard) => `${shard?.number}: ${shard?.targets.map(({ index }) => index).join()}`,
		);

		expect(sizes).toEqual(['0: 0,1,2', '1: 3,4,5', '2: 6']);
		expect(await cutter.next()).toBeUndefined();
		expect(cutter.isExhausted).toBe(true);
	});

	it('gives the same digest for the same targets only', async () => {
		const digestOf = async (targets: Target[]) =>
			(await new ShardCutter(targets, 9, '/out').next())?.digest;

		expect(await digestOf(targetsOf(3))).toBe(await digestOf(targetsOf(3)));
		expect(await digestOf(targetsOf(3))).not.toBe(await digestOf(targetsOf(3).reverse()));
	});

	it('loses no target when nobody wants shards any more', async () => {
		const slow = async function* () {
			for (const target of targetsOf(8)) {
				await Promise.resolve();
				yield target;
			}
		};
		const cutter = new ShardCutter(slow(), 3, '/out');
		await cutter.next();
		void cutter.next(); // Still being cut.

		const rest = await collect(cutter.rest());

		expect(rest.map(({ index }) => index)).toEqual([3, 4, 5, 6, 7]);
	});

	it('closes its source', async () => {
		let closed = false;
		const source = function* () {
			try {
				for (;;) {
					yield targetAt(0);
				}
			} finally {
				closed = true;
			}
		};
		const cutter = new ShardCutter(source(), 2, '/out');
		await cutter.next();
		await cutter.close();

		expect(closed).toBe(true);
	});
});

describe('Ledger', () => {
	const clock = { nowMs: () => 0, toShared: (ms: number) => ms, toLocal: (ms: number) => ms };
	const reported = (offset: number): WireOutcome => ({
		...{ offset, status: 'ok', bytes: 1, requests: 1, retries: 0, startMs: 0, endMs: 1 },
	});
	const opened = async () => {
		const ledger = new Ledger('/out', clock);
		const shard = await new ShardCutter(targetsOf(3), 3, '/out').next();
		if (shard === undefined) {
			throw new Error('no shard');
		}
		return { ledger, account: ledger.open(shard) };
	};

	it('takes each outcome once, whoever reports it', async () => {
		const { ledger, account } = await opened();

		expect(ledger.take(account, [reported(0), reported(1)]).length).toBe(2);
		expect(ledger.take(account, [reported(1), reported(2), reported(2)]).length).toBe(1);

		expect(account.missingCount).toBe(0);
		expect(ledger.size).toBe(0);
		expect(ledger.take(account, [reported(0)])).toEqual([]);
	});

	it('ignores what is none of the shard', async () => {
		const { ledger, account } = await opened();
		expect(ledger.take(account, [reported(17)])).toEqual([]);
		expect(account.missingCount).toBe(3);
	});

	it('ends only what is missing', async () => {
		const { ledger, account } = await opened();
		ledger.take(account, [reported(1)]);

		const ended = ledger.giveUp(account, (target) => ({ target }) as Outcome);

		expect(ended.map(({ target }) => target.index)).toEqual([0, 2]);
		expect(ledger.size).toBe(0);
	});
});

describe('Mailbox', () => {
	it('hands on what is sent before and after somebody reads', async () => {
		const mailbox = new Mailbox<number>();
		mailbox.send([1, 2]);
		const read = collect({ [Symbol.asyncIterator]: () => mailbox[Symbol.asyncIterator]() });
		await Promise.resolve();
		mailbox.send([3]);
		mailbox.close();

		expect(await read).toEqual([1, 2, 3]);
	});

	it('ends with an error after what was sent before it', async () => {
		const mailbox = new Mailbox<number>();
		mailbox.send([1]);
		mailbox.close({ error: new Error('gone') });
		const read: number[] = [];
		const reading = async () => {
			for await (const item of mailbox) {
				read.push(item);
			}
		};

		await expect(reading()).rejects.toThrow('gone');
		expect(read).toEqual([1]);
	});

	it('lets senders wait while nobody reads', async () => {
		const mailbox = new Mailbox<number>();
		mailbox.send(Array(10_001).fill(0));
		let hasRoom = false;
		const waiting = mailbox.room().then(() => {
			hasRoom = true;
		});
		await Promise.resolve();
		expect(hasRoom).toBe(false);

		await mailbox[Symbol.asyncIterator]().next();
		await waiting;
		expect(hasRoom).toBe(true);
	});
});
