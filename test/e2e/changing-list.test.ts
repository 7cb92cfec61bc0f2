import { appendFile, readdir, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { type Running, startFlagdl } from '../helpers/flagdl.ts';
import type { HoldServer } from '../helpers/hold-server.ts';

const COUNT = 400;
/** Makes the list several chunks long. */
const PADDING = 'p'.repeat(600);

interface Origin {
	readonly folder: string;
	readonly server: HoldServer;
}

const list = ({ folder }: Origin) => join(folder, 'list.txt');
const name = (index: number) => `${index}.gif`.padStart(10, '0');
const NAMES = Array.from({ length: COUNT }, (_, index) => name(index));
const lines = ({ server }: Origin, names: readonly string[], path = PADDING) =>
	names.map((file) => `${server.url}/${path}/${file}\n`).join('');

/** A run that has checked its list, with its first requests held. */
async function startHeld(origin: Origin, strategy: string): Promise<Running> {
	const { folder, server } = origin;
	await writeFile(list(origin), lines(origin, NAMES));
	server.hold();
	const args = ['-i', 'list.txt', '-d', 'out', '--strategy', strategy, '-c', '8'];
	const running = startFlagdl(args, folder);
	await server.arrivals(1);
	return running;
}

const saved = async ({ folder }: Origin) =>
	(await readdir(join(folder, 'out'))).filter((file) => file.endsWith('.gif'));

describe.each(['async', 'threads', 'sequential'])('by %s, a list that', (strategy) => {
	it('grows during the run is downloaded as it was when it was checked', async ({
		folder,
		server,
	}) => {
		const origin = { folder, server };
		const running = await startHeld(origin, strategy);
		await appendFile(list(origin), `${lines(origin, ['zzz.gif', name(7)], 'other')}no URL\n`);
		origin.server.release();

		const { code, stdout } = await running.ended;

		expect(code).toBe(0);
		expect(stdout).toMatch(/^400 files/);
		expect(await saved(origin)).toEqual(NAMES);
		expect(origin.server.requests.filter(({ url }) => url?.startsWith('/other/'))).toEqual([]);
	});

	it('is replaced during the run is downloaded as it was', async ({ folder, server }) => {
		const origin = { folder, server };
		const running = await startHeld(origin, strategy);
		await writeFile(`${list(origin)}.new`, lines(origin, NAMES, 'other'));
		await rename(`${list(origin)}.new`, list(origin));
		origin.server.release();

		const { code } = await running.ended;

		expect(code).toBe(0);
		expect(await saved(origin)).toEqual(NAMES);
		expect(origin.server.requests.filter(({ url }) => url?.startsWith('/other/'))).toEqual([]);
	});

	it.for([
		['shrinks', async (origin: Origin) => await truncate(list(origin), 100_000)],
		[
			'is rewritten',
			async (origin: Origin) =>
				await writeFile(list(origin), lines(origin, NAMES, 'other'.padEnd(PADDING.length, '-'))),
		],
	] as const)(
		'%s during the run ends it with a sentence, and nothing unchecked is fetched',
		async ([, change], { folder, server }) => {
			const origin = { folder, server };
			const running = await startHeld(origin, strategy);
			await change(origin);
			origin.server.release();

			const { code, stdout, stderr } = await running.ended;

			expect(stderr).toContain('flagdl: list.txt has changed since it was checked');
			expect(code).toBe(4);
			// Targets that were in flight when the list ended are counted, too: as saved or as interrupted.
			const begun = origin.server.requests.length;
			const told = /^Saved (\d+) of 400 files: (?:(\d+) interrupted, )?(\d+) not started$/m.exec(
				stdout,
			);
			expect(Number(told?.[1])).toBe((await saved(origin)).length);
			expect(Number(told?.[1]) + Number(told?.[2] ?? 0)).toBeGreaterThanOrEqual(begun);
			expect(NAMES).toEqual(expect.arrayContaining(await saved(origin)));
			expect(origin.server.requests.filter(({ url }) => url?.startsWith('/other'))).toEqual([]);
		},
	);
});
