import { chmod, stat, writeFile } from 'node:fs/promises';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { StateFile } from '../../../src/download/disk/state-file.ts';
import { filesIn } from '../../helpers/files-in.ts';
import {
	folder,
	HEADER,
	line,
	outcome,
	save,
	statePath,
	target,
	validatorsNow,
} from './state-of-test.ts';

describe('a long state file', () => {
	const NAMES = Array.from({ length: 1000 }, (_, index) => `${index}.gif`);
	const ROUNDS = 15;
	const everything = (count: number) =>
		Array.from({ length: count }, (_, round) =>
			NAMES.map((name) => line(name, `"${name} ${round}"`)).join(''),
		).join('\n');
	const targets = () => NAMES.map((name) => target(name));
	const etags = async () =>
		(await validatorsNow(...targets())).map((validators) => validators?.etag);

	beforeEach(async () => {
		for (const name of NAMES) {
			save(name);
		}
		await writeFile(statePath(), HEADER + everything(ROUNDS));
	});

	it('is shortened if most of it was replaced, and says the same', async () => {
		const { size } = await stat(statePath());
		expect(size).toBeGreaterThan(1024 * 1024);
		const before = NAMES.map((name) => `"${name} ${ROUNDS - 1}"`);

		expect(await etags()).toEqual(before);

		expect((await stat(statePath())).size).toBeLessThan(size / (ROUNDS - 1));
		expect(await etags()).toEqual(before);
		expect((await filesIn(folder)).length).toBe(NAMES.length + 1);
	});

	it('loses nothing that another run writes while it is shortened', async () => {
		const other = await StateFile.open(folder);
		await writeFile(statePath(), HEADER + everything(ROUNDS));
		const opening = StateFile.open(folder);
		const done = { opened: false };
		void opening.then(() => {
			done.opened = true;
		});
		let written = 0;
		while (!done.opened || written < 500) {
			const name = NAMES[written % 500] ?? '';
			for (let repeat = 0; repeat < 100; repeat += 1) {
				// Enough to be written at once.
				other.record(outcome({ etag: `"${name} new"` }, name));
			}
			written += 1;
			await setImmediate();
		}
		await (await opening).close();
		await other.close();

		const found = await etags();
		expect(found.slice(0, 500)).toEqual(NAMES.slice(0, 500).map((name) => `"${name} new"`));
		expect(found.slice(500)).toEqual(NAMES.slice(500).map((name) => `"${name} ${ROUNDS - 1}"`));
	});

	it('is shortened by one of several runs, and none loses what it writes', async () => {
		const INDEXES = Array.from({ length: 12 }, (_, index) => index);
		await Promise.all(
			INDEXES.map(async (index) => {
				// Some read the file before it is shortened, and some after.
				await sleep(index * 2);
				const state = await StateFile.open(folder);
				state.record(outcome({ etag: '"new"' }, NAMES[index]));
				await state.close();
			}),
		);

		const found = await etags();
		expect(found.slice(0, 12)).toEqual(INDEXES.map(() => '"new"'));
		expect(found.slice(12)).toEqual(NAMES.slice(12).map((name) => `"${name} ${ROUNDS - 1}"`));
	});

	it('keeps its mode', async () => {
		await chmod(statePath(), 0o600);

		await etags();

		expect((await stat(statePath())).size).toBeLessThan(200_000);
		expect((await stat(statePath())).mode & 0o777).toBe(0o600);
	});
});
