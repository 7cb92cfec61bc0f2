import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PartFile } from '../../../src/download/disk/part-file.ts';
import { PartsDirectory } from '../../../src/download/disk/parts-directory.ts';
import {
	createRunName,
	isDirectory,
	isOlderThanADay,
	isRunName,
	runLiveness,
} from '../../../src/download/disk/run-folders.ts';
import { saveSmall } from '../../../src/download/disk/save.ts';
import { filesIn } from '../../helpers/files-in.ts';
import { startProcess } from '../../helpers/flagdl.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const nothingIsObsolete = () => false;

/** Creates the folder of a run, with a part in it. */
function leaveRun(root: string, name: string, ageMs = 0): void {
	const folder = join(root, '.flagdl', name);
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, 'x-1'), 'part');
	const then = new Date(Date.now() - ageMs);
	utimesSync(folder, then, then);
}

/** The same, with a part of the same age. */
function leaveOldRun(root: string, name: string, ageMs: number): void {
	leaveRun(root, name, ageMs);
	const then = new Date(Date.now() - ageMs);
	utimesSync(join(root, '.flagdl', name, 'x-1'), then, then);
}

/** The name of this process's run, with one member replaced. */
function nameWith(place: number, value: string): string {
	return createRunName()
		.split('.')
		.map((member, index) => (index === place ? value : member))
		.join('.');
}

/** Paths of the reserved directories below a folder. */
function reservedIn(root: string): string[] {
	const found = readdirSync(root, { recursive: true, encoding: 'utf8' });
	return found.filter((path) => path.endsWith('.flagdl')).sort();
}

function runIn(root: string): string {
	return readdirSync(join(root, '.flagdl')).find((name) => isRunName(name)) ?? '';
}

describe('the name of a run tells', () => {
	it('that its process is alive, dead, or cannot be told', () => {
		expect(runLiveness(createRunName())).toBe('alive');
		const { pid: gone } = spawnSync('true');
		expect(runLiveness(nameWith(2, `${gone}`))).toBe('dead');
		// Another process has the PID meanwhile.
		expect(runLiveness(nameWith(3, '1'))).toBe('dead');
		expect(runLiveness(nameWith(0, '00000000'))).toBe('unknown');
		expect(runLiveness(nameWith(1, '1'))).toBe('unknown');
		expect(runLiveness('something else')).toBe('unknown');
		expect(runLiveness(nameWith(2, '-1'))).toBe('unknown');
		expect(createRunName()).toContain(`.${pid}.`);
	});
});

describe('the name of a run', () => {
	it.each<[name: string, isOne: boolean]>([
		[createRunName(), true],
		['unknown.unknown.12.34.ab', true],
		['a.b.x.34.ab', false],
		['a.b.12.34', false],
		['a.b.12.34.ab.c', false],
		['.a.b.12.34.ab', false],
		['a.b.12.34.ab-', false],
	])('%s: %s', (name, isOne) => {
		expect(isRunName(name)).toBe(isOne);
	});

	it.each([
		['0', 'unknown'],
		['01', 'unknown'],
		['', 'unknown'],
		['12345678901', 'unknown'],
		['1x', 'unknown'],
		// Larger than any PID.
		['4194305', 'dead'],
	])('with the PID %j: %s', (owner, life) => {
		expect(runLiveness(nameWith(2, owner))).toBe(life);
	});

	it('has one member more or less, and is unknown', () => {
		const name = createRunName();

		expect(runLiveness(`${name}.x`)).toBe('unknown');
		expect(runLiveness(name.replace(/\.\w+$/, ''))).toBe('unknown');
		expect(createRunName()).not.toBe(name);
	});

	it.skipIf(process.platform !== 'linux')(
		'of a process that has ended but was not waited for is that of a dead run',
		async () => {
			// The child ends after the shell has stopped, since a running shell would wait for it.
			const untilStopped = '(until grep -q "^State:.T" /proc/$$/status; do :; done)';
			const shell = spawn('sh', ['-c', `${untilStopped} & echo $!; kill -STOP $$; wait`]);
			onTestFinished(() => {
				shell.kill('SIGKILL');
			});
			const [text] = (await once(shell.stdout, 'data')) as [Buffer];
			const child = text.toString().trim();
			const stat = await vi.waitFor(() => {
				const found = readFileSync(`/proc/${child}/stat`, 'latin1');
				expect(found).toContain(') Z ');
				return found;
			}, 20_000);
			const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
			const [boot, namespace, , , random] = createRunName().split('.');

			expect(runLiveness([boot, namespace, child, started, random].join('.'))).toBe('dead');
		},
	);
});

describe('the reserved directory', () => {
	it('is told from what else has its name', async () => {
		const root = await temporaryFolder();
		const reserved = join(root, '.flagdl');
		const save = () => saveSmall(join(root, 'a'), Buffer.from('a'), new PartsDirectory(root));
		writeFileSync(reserved, 'a file');

		expect([isDirectory(reserved), isDirectory(root)]).toEqual([false, true]);
		expect(isDirectory(join(root, 'none'))).toBeUndefined();
		expect(save).toThrow(`ENOTDIR: ${reserved} is no directory; remove it`);
		expect(save).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
		expect(readdirSync(root)).toEqual(['.flagdl']);
	});

	it('is not a link that leads elsewhere', async () => {
		const [root, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
		leaveRun(elsewhere, nameWith(3, '1'));
		symlinkSync(join(elsewhere, '.flagdl'), join(root, '.flagdl'));
		const parts = new PartsDirectory(root);

		expect(() => saveSmall(join(root, 'a'), Buffer.from('a'), parts)).toThrow(/no directory/);
		parts.close(false, () => true);

		expect((await filesIn(elsewhere)).length).toBe(1);
	});

	it('is in the output directory, or beside what is not below it', async () => {
		const root = await temporaryFolder();
		const output = join(root, 'out');
		for (const outputDir of [output, `${output}/`]) {
			const parts = new PartsDirectory(outputDir);
			for (const path of ['out/a', 'out/b/c', 'out/b/d', 'outer/a', 'a']) {
				saveSmall(join(root, path), Buffer.from(path), parts);
			}

			expect(reservedIn(root)).toEqual(['.flagdl', 'out/.flagdl', 'outer/.flagdl']);
			expect(parts.relative(join(output, 'b/c'))).toBe('b/c');
			expect(parts.relative(join(root, 'outer/a'))).toBe('a');
			parts.close(false, nothingIsObsolete);
			expect(reservedIn(root)).toEqual([]);
		}
		expect(await filesIn(root)).toEqual(['a', 'out/a', 'out/b/c', 'out/b/d', 'outer/a']);
	});

	it('is beside each file where there is no output directory', async () => {
		const root = await temporaryFolder();
		const parts = new PartsDirectory(undefined);

		saveSmall(join(root, 'b/c/d'), Buffer.from('d'), parts);

		expect(reservedIn(root)).toEqual(['b/c/.flagdl']);
		expect(statSync(join(root, 'b/c/.flagdl', runIn(join(root, 'b/c')))).mode & 0o777).toBe(0o700);
		parts.close(false, nothingIsObsolete);
		expect(await filesIn(root)).toEqual(['b/c/d']);
	});

	it.each<[name: string, interrupted: boolean, left: string[]]>([
		['that has ended', false, ['1', '3', '4']],
		['that was interrupted', true, ['3']],
	])(
		'keeps parts of a run %s, but none that is old or obsolete',
		async (_name, interrupted, left) => {
			const root = await temporaryFolder();
			const reserved = join(root, '.flagdl');
			const partName = (digit: string) => `${digit.repeat(32)}.part`;
			const leave = (digit: string) => {
				mkdirSync(reserved, { recursive: true });
				writeFileSync(join(reserved, partName(digit)), 'part');
			};
			// Parts of earlier runs: one is old, one is not, and one is obsolete.
			for (const digit of ['2', '3', '5']) {
				leave(digit);
			}
			const then = new Date(Date.now() - 2 * DAY_MS);
			utimesSync(join(reserved, partName('2')), then, then);
			const parts = new PartsDirectory(root);
			saveSmall(join(root, 'a'), Buffer.from('a'), parts);
			for (const digit of ['1', '4']) {
				parts.createKeptPath(join(root, 'a'), partName(digit));
				leave(digit);
			}

			const asked: string[] = [];
			parts.close(interrupted, (path, of) => {
				asked.push(of);
				return path.endsWith(partName('5'));
			});

			expect(readdirSync(reserved).sort()).toEqual(left.map(partName));
			expect(new Set(asked)).toEqual(new Set([root]));
		},
	);

	it('keeps what is no part and no run of ours for a day', async () => {
		const root = await temporaryFolder();
		const reserved = join(root, '.flagdl');
		const names = [`${'a'.repeat(31)}.part`, `x${'a'.repeat(32)}.part`, 'young'];
		mkdirSync(reserved);
		for (const name of [...names, 'old']) {
			writeFileSync(join(reserved, name), 'what it is');
		}
		const then = new Date(Date.now() - 2 * DAY_MS);
		utimesSync(join(reserved, 'old'), then, then);
		const parts = new PartsDirectory(root);

		expect(parts.hasKept(join(root, 'a'))).toBe(false);
		parts.close(true, () => true);

		expect(readdirSync(reserved).sort()).toEqual(names.sort());
		expect(isOlderThanADay(join(root, 'none'))).toBe(false);
	});

	it('keeps the folder of a run of more than a day until that ends', async () => {
		const root = await temporaryFolder();
		const run = nameWith(0, '00000000');
		leaveOldRun(root, run, 2 * DAY_MS);
		const parts = new PartsDirectory(root, run);

		parts.make(join(root, 'a'));
		expect(readdirSync(join(root, '.flagdl', run))).toEqual(['x-1']);
		parts.close(false, nothingIsObsolete);

		expect(readdirSync(root)).toEqual([]);
	});

	it('has no folder for a run whose name a file has', async () => {
		const root = await temporaryFolder();
		const run = createRunName();
		mkdirSync(join(root, '.flagdl'));
		writeFileSync(join(root, '.flagdl', run), 'a file');

		expect(() => new PartsDirectory(root, run).make(join(root, 'a'))).toThrow(/EEXIST/);
	});

	it('is swept again at the end, of runs that were killed meanwhile', async () => {
		const root = await temporaryFolder();
		const parts = new PartsDirectory(root);
		saveSmall(join(root, 'a'), Buffer.from('a'), parts);
		leaveRun(root, nameWith(3, '1'));

		parts.close(false, nothingIsObsolete);

		expect(existsSync(join(root, '.flagdl'))).toBe(false);
	});

	it('is there while files are saved, and gone afterwards', async () => {
		const root = await temporaryFolder();
		const parts = new PartsDirectory(root);

		saveSmall(join(root, 'deep/er/a'), Buffer.from('a'), parts);
		expect(readdirSync(root).sort()).toEqual(['.flagdl', 'deep']);
		parts.close(false, nothingIsObsolete);

		expect(await filesIn(root)).toEqual(['deep/er/a']);
		expect(readdirSync(root)).toEqual(['deep']);
	});

	it('is swept of dead runs, and of unknown ones after a day', async () => {
		const root = await temporaryFolder();
		const [alive, dead] = [createRunName(), nameWith(3, '1')];
		const [young, old] = [nameWith(0, '00000000'), nameWith(0, '11111111')];
		leaveOldRun(root, alive, 2 * DAY_MS);
		leaveRun(root, dead);
		leaveRun(root, young);
		leaveOldRun(root, old, 2 * DAY_MS);
		const parts = new PartsDirectory(root);

		saveSmall(join(root, 'a'), Buffer.from('a'), parts);
		parts.close(false, nothingIsObsolete);

		expect(readdirSync(join(root, '.flagdl')).sort()).toEqual([alive, young].sort());
	});

	it('is left alone while something in it is written to, if its run cannot be told dead', async () => {
		const root = await temporaryFolder();
		const elsewhere = nameWith(0, '00000000');
		leaveRun(root, elsewhere, 2 * DAY_MS);
		const path = join(root, '.flagdl', elsewhere);
		const parts = new PartsDirectory(root);

		saveSmall(join(root, 'a'), Buffer.from('a'), parts);
		parts.close(false, nothingIsObsolete);

		expect(readdirSync(path)).toEqual(['x-1']);
	});

	it('is shared by processes whose runs begin and end at the same time', {
		timeout: 120_000,
	}, async () => {
		const root = await temporaryFolder();
		const disk = new URL('../../../dist/download/disk/', import.meta.url);
		const script = `
			const { PartsDirectory } = await import('${new URL('parts-directory.js', disk).href}');
			const { saveSmall } = await import('${new URL('save.js', disk).href}');
			for (let round = 0; round < 1000; round += 1) {
				const parts = new PartsDirectory(process.argv[1]);
				saveSmall(process.argv[1] + '/' + process.argv[2], Buffer.from('content'), parts);
				parts.close(false, () => false);
			}`;
		const ended = ['a', 'b', 'c'].map(
			async (name) =>
				await startProcess(
					process.execPath,
					['--input-type=module', '-e', script, root, name],
					root,
				).ended,
		);

		for (const { code, stderr } of await Promise.all(ended)) {
			expect([code, stderr]).toEqual([0, '']);
		}
		expect(readdirSync(root).sort()).toEqual(['a', 'b', 'c']);
	});

	it.skipIf(process.getuid?.() !== 0).each([
		['another file system', ['-t', 'tmpfs', 'none']],
		['the same one in another place', ['--bind', '/tmp']],
	])('is made beside files in a mount of %s, where renaming is atomic', async (_what, args) => {
		const root = await temporaryFolder();
		const mount = join(root, 'mounted');
		mkdirSync(mount);
		const bound = await temporaryFolder();
		const source = args.map((arg) => (arg === '/tmp' ? bound : arg));
		expect(spawnSync('mount', [...source, mount]).status).toBe(0);
		onTestFinished(() => {
			spawnSync('umount', [mount]);
		});
		const parts = new PartsDirectory(root);
		const saveLarge = async (path: string) => {
			const large = await PartFile.create(path, parts);
			await large.write([Buffer.from('large')], 0);
			await large.moveTo(path, 1_700_000_000_000);
		};

		await saveLarge(join(mount, 'large'));
		saveSmall(join(mount, 'small'), Buffer.from('small'), parts);
		saveSmall(join(mount, 'small-2'), Buffer.from('small'), parts);
		await saveLarge(join(mount, 'large-2'));
		saveSmall(join(mount, 'sub/small'), Buffer.from('small'), parts);
		await saveLarge(join(mount, 'sub/sub/large'));
		parts.close(false, nothingIsObsolete);

		expect(await filesIn(root)).toEqual(
			['large', 'large-2', 'small', 'small-2', 'sub/small', 'sub/sub/large'].map(
				(file) => `mounted/${file}`,
			),
		);
		expect(statSync(join(mount, 'large')).mtimeMs).toBe(1_700_000_000_000);
		expect(readdirSync(mount).sort()).toEqual(['large', 'large-2', 'small', 'small-2', 'sub']);
		expect(readdirSync(root)).toEqual(['mounted']);
	});
});
