import { execFile } from 'node:child_process';
import { utimesSync, writeFileSync } from 'node:fs';
import {
	appendFile,
	chmod,
	link,
	lstat,
	mkdir,
	readFile,
	rm,
	stat,
	symlink,
	writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { toStateLine } from '../../../src/download/disk/state-entry.ts';
import { StateFile } from '../../../src/download/disk/state-file.ts';
import type { Outcome } from '../../../src/download/outcome.ts';
import type { Target, Validators } from '../../../src/targets/target.ts';
import { collect } from '../../helpers/collect.ts';
import { filesIn } from '../../helpers/files-in.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const HEADER = '{"flagdl":"state","version":2}\n';
/** Of every file in these tests. */
const MTIME_MS = 1_700_000_000_000;

let folder: string;

beforeEach(async () => {
	folder = await temporaryFolder();
});

const target = (name = 'br.gif'): Target => ({
	id: name,
	index: 0,
	url: `http://a/${name}`,
	dest: join(folder, name),
});
const outcome = (rest: Partial<Outcome>, name?: string): Outcome => ({
	target: target(name),
	status: 'ok',
	dest: target(name).dest,
	bytes: 3,
	requests: 1,
	retries: 0,
	startMs: 0,
	endMs: 1,
	...rest,
});
const statePath = () => join(folder, '.flagdl-state.json');
const stateText = async () => await readFile(statePath(), 'utf8');
const line = (name: string, etag: string, rest = {}) =>
	toStateLine({
		dest: name,
		url: `http://a/${name}`,
		etag,
		bytes: 3,
		mtimeMs: MTIME_MS,
		...rest,
	});

async function validatorsNow(...targets: Target[]): Promise<(Validators | undefined)[]> {
	const state = await StateFile.open(folder);
	const given = targets.length === 0 ? [target()] : targets;
	const found = await collect(state.withValidators(given));
	await state.close();
	return found.map(({ validators }) => validators);
}

function save(name = 'br.gif'): void {
	writeFileSync(target(name).dest, 'old');
	utimesSync(target(name).dest, MTIME_MS / 1000, MTIME_MS / 1000);
}

async function remember(rest: Partial<Outcome>, name?: string): Promise<void> {
	save(name);
	const state = await StateFile.open(folder);
	state.record(outcome(rest, name));
	await state.close();
}

describe('the state of a folder', () => {
	it('gives a file its validators and their URL in the next run', async () => {
		await remember({ etag: '"v1"', lastModified: 'Mon, 23 Nov 2026 12:00:00 GMT' });

		expect(await validatorsNow()).toEqual([
			{
				url: 'http://a/br.gif',
				etag: '"v1"',
				lastModified: 'Mon, 23 Nov 2026 12:00:00 GMT',
			},
		]);
	});

	it('remembers the mirror that a file came from', async () => {
		save();
		const state = await StateFile.open(folder);
		const mirrors = ['http://m/br.gif?b=1'];
		const from = { ...target(), mirrors };
		state.record(outcome({ target: from, etag: '"v1"', servedUrl: 'http://m/br.gif?b=1' }));
		await state.close();

		expect(await validatorsNow()).toEqual([{ url: 'http://m/br.gif?b=1', etag: '"v1"' }]);
	});

	it('remembers where redirects led, but no signature', async () => {
		await remember({ etag: '"v1"', servedUrl: 'http://b/x' });
		expect(await validatorsNow()).toEqual([{ url: 'http://b/x', etag: '"v1"' }]);

		await remember({ etag: '"v1"', servedUrl: 'http://b/y?X-Signature=S3CRET' });
		expect(await stateText()).not.toContain('S3CRET');
	});

	it('knows the bundled server on another port', async () => {
		save();
		const state = await StateFile.open(folder, { bundledOrigin: 'http://a' });
		state.record(outcome({ etag: '"v1"' }));
		await state.close();
		const later = await StateFile.open(folder, { bundledOrigin: 'http://b' });
		const [found] = await collect(later.withValidators([target()]));
		await later.close();

		expect(found?.validators).toEqual({ url: 'http://b/br.gif', etag: '"v1"' });
		expect(await validatorsNow()).toEqual([undefined]);
	});

	it('takes what was remembered last', async () => {
		await remember({ etag: '"v1"' });
		await remember({ etag: '"v2"' });

		expect(await validatorsNow()).toEqual([{ url: 'http://a/br.gif', etag: '"v2"' }]);
	});

	it.each([
		['that was changed since', async () => await writeFile(target().dest, 'changed by hand')],
		['of the same size that was changed', async () => await writeFile(target().dest, 'new')],
		['that is gone', async () => await rm(target().dest)],
		[
			'whose place is taken by a directory',
			async () => {
				await rm(target().dest);
				await mkdir(target().dest);
			},
		],
	])('says nothing of a file %s', async (_name, change) => {
		await remember({ etag: '"v1"' });
		await change();

		expect(await validatorsNow()).toEqual([undefined]);
	});

	it.each<[string, Partial<Outcome>]>([
		['failed', { etag: '"v1"', status: 'error' }],
		['was not modified', { etag: '"v1"', status: 'unchanged' }],
		['has no validator', {}],
		['was changed before it could be looked at', { etag: '"v1"', bytes: 4 }],
	])('says nothing of a download that %s', async (_name, rest) => {
		await remember(rest);

		expect(await filesIn(folder)).toEqual(['br.gif']);
	});

	it('says nothing of a file whose name is not known yet', async () => {
		await remember({ etag: '"v1"' });
		const naming = { metadataUrl: 'http://a/m', directory: folder, extension: '.gif' };

		expect(await validatorsNow({ ...target(), naming })).toEqual([undefined]);
	});

	it('finds every one of many names, whatever is in them', async () => {
		const names = ['é', '日本', '"', '\\', '","url":"', "'", '😀', 'a/b', ' '].flatMap((part) =>
			Array.from({ length: 60 }, (_, index) => `${part}${index}`),
		);
		await mkdir(join(folder, 'a'));
		for (const name of names) {
			save(name);
		}
		const state = await StateFile.open(folder);
		for (const name of names) {
			state.record(outcome({ etag: `"${names.indexOf(name)}"` }, name));
		}
		await state.close();

		const found = await validatorsNow(...names.map((name) => target(name)));
		expect(found.map((validators) => validators?.etag)).toEqual(
			names.map((_, index) => `"${index}"`),
		);
		const backwards = await validatorsNow(...names.map((name) => target(name)).reverse());
		expect(backwards.reverse()).toEqual(found);
	});

	it('is written while the run goes on', async () => {
		save();
		const state = await StateFile.open(folder);
		for (let index = 0; index < 1000; index += 1) {
			state.record(outcome({ etag: `"${index}"` }));
		}

		expect((await stateText()).split('\n').length).toBeGreaterThan(800);
		await state.close();
		expect(await validatorsNow()).toEqual([{ url: 'http://a/br.gif', etag: '"999"' }]);
	});
});

describe('a state file', () => {
	it('keeps what several runs write at once', async () => {
		const names = Array.from({ length: 3000 }, (_, index) => `${index}.gif`);
		for (const name of names) {
			save(name);
		}
		const states = await Promise.all([1, 2, 3].map(async () => await StateFile.open(folder)));
		for (const [index, name] of names.entries()) {
			states[index % 3]?.record(outcome({ etag: `"${name}"` }, name));
		}
		await Promise.all(states.map(async (state) => await state.close()));

		const found = await validatorsNow(...names.map((name) => target(name)));
		expect(found.map((validators) => validators?.etag)).toEqual(names.map((name) => `"${name}"`));
	});

	it.each([
		['cut off', line('cn.gif', '"v2"').slice(0, 30)],
		['cut off in the first line of a batch', `\n${line('cn.gif', '"v2"').slice(0, 5)}`],
		['damaged', '{"dest":"cn.gif","url":"x",}\n'],
		['without a URL', '{"dest":"cn.gif","etag":"x"}\n'],
		['of another kind', '[1]\n\0\0\n'],
		['too long', `{"dest":"${'x'.repeat(200_000)}","url":"`],
		['that repeats the first', HEADER],
	])('with a line %s loses no other', async (_name, text) => {
		await remember({ etag: '"v1"' });
		await appendFile(statePath(), text);
		await remember({ etag: '"v3"' }, 'us.gif');

		expect(await validatorsNow(target(), target('cn.gif'), target('us.gif'))).toEqual([
			{ url: 'http://a/br.gif', etag: '"v1"' },
			undefined,
			{ url: 'http://a/us.gif', etag: '"v3"' },
		]);
	});

	it('gives nothing that cannot stand in a header field', async () => {
		save();
		await writeFile(statePath(), HEADER + line('br.gif', '"v1"\r\nHost: evil'));

		expect(await validatorsNow()).toEqual([undefined]);
	});

	it.each([
		['no JSON', '{"vers', 'damaged'],
		['another shape', '[]', 'damaged'],
		['the old format', '{"version":1,"files":{"br.gif":{"etag":"x","bytes":3}}}\n', 'version is 1'],
		['a newer version', '{"flagdl":"state","version":3}\n', 'version is 3'],
	])(
		'with %s is not trusted, says so, and is replaced at the first write',
		async (_name, text, warning) => {
			await writeFile(statePath(), text);
			save();

			const state = await StateFile.open(folder);
			const [found] = await collect(state.withValidators([target()]));
			expect(await stateText()).toBe(text);
			state.record(outcome({ etag: '"v1"' }));
			await state.close();

			expect(state.warning).toContain(warning);
			expect(state.warning).toContain(statePath());
			expect(found?.validators).toBeUndefined();
			expect((await validatorsNow())[0]?.etag).toBe('"v1"');
			expect(await filesIn(folder)).toEqual(['.flagdl-state.json', 'br.gif']);
		},
	);

	it('in the old format is replaced by one of two runs, and neither loses anything', async () => {
		await writeFile(statePath(), '{"version":1,"files":{}}\n');
		save('a');
		save('b');
		const states = [await StateFile.open(folder), await StateFile.open(folder)];
		states[0]?.record(outcome({ etag: '"a"' }, 'a'));
		states[1]?.record(outcome({ etag: '"b"' }, 'b'));
		await Promise.all(states.map(async (state) => await state.close()));

		expect((await validatorsNow(target('a'), target('b'))).map((found) => found?.etag)).toEqual([
			'"a"',
			'"b"',
		]);
	});

	it('without a warning where there is none', async () => {
		const state = await StateFile.open(folder);
		await state.close();

		expect(state.warning).toBeUndefined();
	});

	it.each([
		[
			'a symbolic link',
			async () => {
				await writeFile(join(folder, 'other'), HEADER + line('br.gif', '"v1"'));
				await symlink('other', statePath());
			},
		],
		['a link to nothing', async () => await symlink('nowhere', statePath())],
		['a directory', async () => await mkdir(statePath())],
		['a pipe', () => promisify(execFile)('mkfifo', [statePath()])],
	])(
		'that is %s is neither read nor written, and a warning says so',
		async (_name, make: () => Promise<unknown>) => {
			save();
			await make();
			const before = await lstat(statePath());
			const files = await filesIn(folder);

			const state = await StateFile.open(folder);
			const [found] = await collect(state.withValidators([target()]));
			state.record(outcome({ etag: '"v2"' }));
			await state.close();

			expect(state.warning).toMatch(/is not used: it is .*and nothing is remembered$/);
			expect(found?.validators).toBeUndefined();
			expect((await lstat(statePath())).ino).toBe(before.ino);
			expect(await filesIn(folder)).toEqual(files);
		},
	);

	it('with a second name is read, and the other name keeps its content', async () => {
		const other = join(folder, 'other');
		await remember({ etag: '"v1"' });
		await link(statePath(), other);
		const before = await readFile(other, 'utf8');

		await remember({ etag: '"v2"' }, 'cn.gif');

		expect(await readFile(other, 'utf8')).toBe(before);
		expect(await validatorsNow(target(), target('cn.gif'))).toMatchObject([
			{ etag: '"v1"' },
			{ etag: '"v2"' },
		]);
	});

	it('that was removed during a run is begun anew', async () => {
		await remember({ etag: '"v1"' });
		const state = await StateFile.open(folder);
		await rm(statePath());
		save('cn.gif');
		state.record(outcome({ etag: '"v2"' }, 'cn.gif'));
		await state.close();

		expect(await validatorsNow(target(), target('cn.gif'))).toMatchObject([
			undefined,
			{ etag: '"v2"' },
		]);
	});
});

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
				// So many that they are written at once.
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
				// So that some have read it before, and some after it is shortened.
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
