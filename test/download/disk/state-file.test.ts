import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openStateFile } from '../../../src/download/disk/state-file.ts';
import type { Outcome } from '../../../src/download/outcome.ts';
import { collect } from '../../helpers/collect.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

let folder: string;

beforeEach(async () => {
	folder = await temporaryFolder();
});

const target = () => ({ id: 'BR', index: 0, url: 'http://a/br.gif', dest: join(folder, 'br.gif') });
const outcome = (rest: Partial<Outcome>): Outcome => ({
	target: target(),
	status: 'ok',
	dest: target().dest,
	bytes: 3,
	requests: 1,
	retries: 0,
	startMs: 0,
	endMs: 1,
	...rest,
});
const statePath = () => join(folder, '.flagdl-state.json');
const validatorsNow = async () => {
	const [first] = await collect((await openStateFile(folder)).withValidators([target()]));
	return first?.validators;
};

async function remember(rest: Partial<Outcome>): Promise<void> {
	await writeFile(target().dest, 'old');
	const state = await openStateFile(folder);
	state.record(outcome(rest));
	await state.save();
}

describe('the state of a folder', () => {
	it('gives a file its validators in the next run', async () => {
		await remember({ etag: '"v1"', lastModified: 'Mon, 23 Nov 2026 12:00:00 GMT' });

		expect(await validatorsNow()).toEqual({
			etag: '"v1"',
			lastModified: 'Mon, 23 Nov 2026 12:00:00 GMT',
		});
	});

	it('says nothing of a file that was changed since', async () => {
		await remember({ etag: '"v1"' });
		await writeFile(target().dest, 'changed by hand');

		expect(await validatorsNow()).toBeUndefined();
	});

	it('says nothing of a download that failed', async () => {
		await remember({ etag: '"v1"', status: 'error' });

		expect(await validatorsNow()).toBeUndefined();
	});

	it('keeps what another run wrote meanwhile', async () => {
		await remember({ etag: '"v1"' });
		const state = await openStateFile(folder);
		const other = join(folder, 'cn.gif');
		await writeFile(other, 'new');
		state.record(outcome({ dest: other, etag: '"w"' }));
		await state.save();

		expect(await validatorsNow()).toEqual({ etag: '"v1"' });
		expect(await readFile(statePath(), 'utf8')).toContain('cn.gif');
	});

	it.each([
		['no JSON', '{"version":1,', 'damaged'],
		['another shape', '[]', 'damaged'],
		['a newer version', '{"version":2,"files":{}}', 'version is 2'],
	])('with %s is not trusted, and says so', async (_name, text, warning) => {
		await writeFile(statePath(), text);

		const state = await openStateFile(folder);

		expect(state.warning).toContain(warning);
		expect(state.warning).toContain(statePath());
	});

	it('without a warning where there is none', async () => {
		expect((await openStateFile(folder)).warning).toBeUndefined();
	});
});
