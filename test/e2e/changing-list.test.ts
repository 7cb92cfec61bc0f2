import { appendFile, readdir, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Running, startFlagdl } from '../helpers/flagdl.ts';
import { type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const COUNT = 1200;
/** So that the list is several pieces long. */
const PADDING = 'p'.repeat(200);

let folder: string;
let server: HoldServer;
const list = () => join(folder, 'list.txt');
const name = (index: number) => `${index}.gif`.padStart(10, '0');
const NAMES = Array.from({ length: COUNT }, (_, index) => name(index));
const lines = (names: readonly string[], path = PADDING) =>
	names.map((file) => `${server.url}/${path}/${file}\n`).join('');

beforeEach(async () => {
	folder = await temporaryFolder();
	server = await startHoldServer();
	onTestFinished(async () => await server.close());
	await writeFile(list(), lines(NAMES));
});

/** A run that has checked its list, and holds the first requests. */
async function startHeld(strategy: string): Promise<Running> {
	server.hold();
	const args = ['-i', 'list.txt', '-d', 'out', '--strategy', strategy, '-c', '8'];
	const running = startFlagdl(args, folder);
	await server.arrivals(1);
	return running;
}

const saved = async () =>
	(await readdir(join(folder, 'out'))).filter((file) => file.endsWith('.gif'));

describe.each(['async', 'threads', 'sequential'])('by %s, a list that', (strategy) => {
	it('grows during the run is downloaded as it was when it was checked', async () => {
		const running = await startHeld(strategy);
		await appendFile(list(), `${lines(['zzz.gif', name(7)], 'other')}no URL\n`);
		server.release();

		const { code, stdout } = await running.ended;

		expect(code).toBe(0);
		expect(stdout).toMatch(/^1,200 files/);
		expect(await saved()).toEqual(NAMES);
		expect(server.requests.filter(({ url }) => url?.startsWith('/other/'))).toEqual([]);
	});

	it('is replaced during the run is downloaded as it was', async () => {
		const running = await startHeld(strategy);
		await writeFile(`${list()}.new`, lines(NAMES, 'other'));
		await rename(`${list()}.new`, list());
		server.release();

		const { code } = await running.ended;

		expect(code).toBe(0);
		expect(await saved()).toEqual(NAMES);
		expect(server.requests.filter(({ url }) => url?.startsWith('/other/'))).toEqual([]);
	});

	it.each([
		['shrinks', async () => await truncate(list(), 100_000)],
		[
			'is rewritten',
			async () => await writeFile(list(), lines(NAMES, 'other'.padEnd(PADDING.length, '-'))),
		],
	])(
		'%s during the run ends it with a sentence, and nothing unchecked is fetched',
		async (_name, change) => {
			const running = await startHeld(strategy);
			await change();
			server.release();

			const { code, stderr } = await running.ended;

			expect(stderr).toContain('flagdl: list.txt has changed since it was checked');
			expect(code).toBe(4);
			expect(NAMES).toEqual(expect.arrayContaining(await saved()));
			expect(server.requests.filter(({ url }) => url?.startsWith('/other'))).toEqual([]);
		},
	);
});
