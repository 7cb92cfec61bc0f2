import { appendFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkTargets } from '../../src/targets/check-targets.ts';
import { streamTargets } from '../../src/targets/resolve-target.ts';
import type { listSource } from '../../src/targets/sources.ts';
import { CannotRunError } from '../../src/util/errors.ts';
import { directory, list, plan } from './list-of-test.ts';

describe('a list', () => {
	describe('that changes after it was checked', () => {
		const path = () => join(directory, 'list.txt');
		const lines = (from: string, count = 5000) =>
			Array.from({ length: count }, (_, index) => `https://h/${from}/${index}\n`).join('');
		const changed = /^list\.txt has changed since it was checked, at byte \d+ or after/;
		async function given(source: ReturnType<typeof listSource>, limit?: number) {
			const ids: string[] = [];
			for await (const { id } of streamTargets(source, plan, limit)) {
				ids.push(id);
			}
			return ids;
		}

		it.each([
			['lines', lines('a', 20), 'https://h/b/7\n'],
			['lines, after one without its end', 'https://h/a', '/7\nhttps://h/7\n'],
			['what is no entry', lines('a'), '\tbad\n'],
			['as much again', lines('a'), lines('b')],
		])('gives no target of %s that were appended', async (_name, before, after) => {
			const source = await list(before);
			const { count } = await checkTargets(source, plan);
			await appendFile(path(), after);

			const ids = await given(source);

			expect(ids).toEqual(before.trimEnd().split('\n'));
			expect(ids).toHaveLength(count);
		});

		it.each([
			['is shorter', async () => await truncate(path(), 70_000)],
			['is empty', async () => await truncate(path(), 0)],
			['has other lines', async () => await writeFile(path(), lines('b'))],
			[
				'is another file',
				async () => {
					await writeFile(`${path()}.new`, lines('b'));
					await rename(`${path()}.new`, path());
				},
			],
		])('ends with a sentence if it %s', async (_name, change) => {
			const source = await list(lines('a'));
			await checkTargets(source, plan);
			await change();

			await expect(given(source)).rejects.toThrow(changed);
			await expect(given(source)).rejects.toThrow(CannotRunError);
		});

		it('ends with a sentence if it is gone', async () => {
			const source = await list('br\n');
			await checkTargets(source, plan);
			await rm(path());

			await expect(given(source)).rejects.toThrow(
				/^cannot read list\.txt again, after it has been checked: no such file or directory$/,
			);
		});

		it('gives what was there before the change, and nothing of what was not checked', async () => {
			const source = await list(lines('a'));
			await checkTargets(source, plan);
			const ids: string[] = [];

			await expect(
				(async () => {
					for await (const { id } of streamTargets(source, plan)) {
						if (ids.push(id) === 1) {
							await writeFile(path(), lines('b'));
						}
					}
				})(),
			).rejects.toThrow(changed);

			expect(ids.length).toBeGreaterThan(1000);
			expect(ids.every((id) => id.startsWith('https://h/a/'))).toBe(true);
		});

		it('may change after the limit', async () => {
			const source = await list(lines('a'));
			await checkTargets(source, plan, 3);
			await truncate(path(), 65_536);
			await appendFile(path(), lines('b'));

			expect(await given(source, 3)).toEqual(['https://h/a/0', 'https://h/a/1', 'https://h/a/2']);
		});
	});
});
