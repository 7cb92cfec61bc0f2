import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PartFile } from '../../../src/download/disk/part-file.ts';
import { PartsDirectory } from '../../../src/download/disk/parts-directory.ts';
import { createRunName, lifeOfRun } from '../../../src/download/disk/run-folders.ts';
import { saveSmall } from '../../../src/download/disk/save.ts';
import { filesIn } from '../../helpers/files-in.ts';
import { startProcess } from '../../helpers/flagdl.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const nothingIsObsolete = () => false;

/** A folder of a run, with a part in it. */
function leaveRun(root: string, name: string, ageMs = 0): void {
	const folder = join(root, '.flagdl', name);
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, 'x-1'), 'part');
	const then = new Date(Date.now() - ageMs);
	utimesSync(folder, then, then);
}

/** The same, with all that is in it. */
function leaveOldRun(root: string, name: string, ageMs: number): void {
	leaveRun(root, name, ageMs);
	const then = new Date(Date.now() - ageMs);
	utimesSync(join(root, '.flagdl', name, 'x-1'), then, then);
}

/** A name as that of this process, with another member. */
function nameWith(place: number, value: string): string {
	return createRunName()
		.split('.')
		.map((member, index) => (index === place ? value : member))
		.join('.');
}

describe('the name of a run tells', () => {
	it('that its process is alive, dead, or cannot be told', () => {
		expect(lifeOfRun(createRunName())).toBe('alive');
		const { pid: gone } = spawnSync('true');
		expect(lifeOfRun(nameWith(2, `${gone}`))).toBe('dead');
		// Another process has the PID by now.
		expect(lifeOfRun(nameWith(3, '1'))).toBe('dead');
		expect(lifeOfRun(nameWith(0, '00000000'))).toBe('unknown');
		expect(lifeOfRun(nameWith(1, '1'))).toBe('unknown');
		expect(lifeOfRun('something else')).toBe('unknown');
		expect(lifeOfRun(nameWith(2, '-1'))).toBe('unknown');
		expect(createRunName()).toContain(`.${pid}.`);
	});
});

describe('the reserved directory', () => {
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
		leaveRun(root, alive, 2 * DAY_MS);
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
			for (let round = 0; round < 2000; round += 1) {
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
			await large.moveTo(path);
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
		expect(readdirSync(mount).sort()).toEqual(['large', 'large-2', 'small', 'small-2', 'sub']);
		expect(readdirSync(root)).toEqual(['mounted']);
	});
});
