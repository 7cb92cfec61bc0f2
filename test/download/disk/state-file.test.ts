import { execFile } from 'node:child_process';
import { appendFile, link, lstat, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { StateFile } from '../../../src/download/disk/state-file.ts';
import type { Outcome } from '../../../src/download/outcome.ts';
import { collect } from '../../helpers/collect.ts';
import { filesIn } from '../../helpers/files-in.ts';
import {
	folder,
	HEADER,
	line,
	outcome,
	remember,
	save,
	statePath,
	stateText,
	target,
	validatorsNow,
} from './state-of-test.ts';

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
