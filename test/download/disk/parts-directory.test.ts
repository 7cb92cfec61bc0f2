import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PartFile, saveSmall } from '../../../src/download/disk/part-file.ts';
import { PartsDirectory } from '../../../src/download/disk/parts-directory.ts';
import { createRunName, lifeOfRun } from '../../../src/download/disk/run-owner.ts';
import { filesIn } from '../../helpers/files-in.ts';
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
		leaveRun(root, old, 2 * DAY_MS);
		const parts = new PartsDirectory(root);

		saveSmall(join(root, 'a'), Buffer.from('a'), parts);
		parts.close(false, nothingIsObsolete);

		expect(readdirSync(join(root, '.flagdl')).sort()).toEqual([alive, young].sort());
	});

	it('is shared by runs that begin and end at the same time', async () => {
		const root = await temporaryFolder();
		for (let round = 0; round < 200; round += 1) {
			const [one, other] = [new PartsDirectory(root), new PartsDirectory(root)];
			saveSmall(join(root, 'a'), Buffer.from('a'), one);
			const path = other.createPath(join(root, 'b'));
			one.close(false, nothingIsObsolete);
			saveSmall(join(root, 'b'), Buffer.from('b'), other);
			other.close(false, nothingIsObsolete);
			expect(path).toContain('.flagdl');
		}

		expect(readdirSync(root).sort()).toEqual(['a', 'b']);
	});

	it.skipIf(process.getuid?.() !== 0)(
		'is made beside files on another file system, where renaming is atomic',
		async () => {
			const root = await temporaryFolder();
			const mount = join(root, 'mounted');
			mkdirSync(mount);
			expect(spawnSync('mount', ['-t', 'tmpfs', 'none', mount]).status).toBe(0);
			onTestFinished(() => {
				spawnSync('umount', [mount]);
			});
			const parts = new PartsDirectory(root);

			saveSmall(join(mount, 'small'), Buffer.from('small'), parts);
			saveSmall(join(mount, 'small-2'), Buffer.from('small'), parts);
			const large = await PartFile.create(join(mount, 'sub/large'), parts);
			await large.write([Buffer.from('large')], 0);
			await large.moveTo(join(mount, 'sub/large'));
			parts.close(false, nothingIsObsolete);

			expect(await filesIn(root)).toEqual([
				'mounted/small',
				'mounted/small-2',
				'mounted/sub/large',
			]);
			expect(readdirSync(mount).sort()).toEqual(['small', 'small-2', 'sub']);
			expect(readdirSync(root)).toEqual(['mounted']);
		},
	);
});
