import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { inCompletionOrder } from '../../src/strategies/in-completion-order.ts';
import { deferred } from '../../src/util/promises.ts';

it('an item that a slow source yields after the end is dropped', async () => {
	const late = deferred<void>();
	const started: number[] = [];
	const source = async function* () {
		yield 1;
		await late.promise;
		yield 2;
	};
	const work = async (item: number) => {
		started.push(item);
		return item;
	};

	for await (const result of inCompletionOrder(source(), 2, work, () => {})) {
		expect(result).toBe(1);
		break;
	}
	late.resolve();
	await nextTurn();

	expect(started).toEqual([1]);
});
