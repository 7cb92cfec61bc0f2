import { utimesSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach } from 'vitest';
import { toStateLine } from '../../../src/download/disk/state-entry.ts';
import { StateFile } from '../../../src/download/disk/state-file.ts';
import type { Outcome } from '../../../src/download/outcome.ts';
import type { Target, Validators } from '../../../src/targets/target.ts';
import { collect } from '../../helpers/collect.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

export const HEADER = '{"flagdl":"state","version":2}\n';
/** Modification time of every file in these tests. */
const MTIME_MS = 1_700_000_000_000;

/** Folder of the current test. */
export let folder: string;

beforeEach(async () => {
	folder = await temporaryFolder();
});

export const target = (name = 'br.gif'): Target => ({
	id: name,
	index: 0,
	url: `http://a/${name}`,
	dest: join(folder, name),
});
export const outcome = (rest: Partial<Outcome>, name?: string): Outcome => ({
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
export const statePath = () => join(folder, '.flagdl-state.json');
export const stateText = async () => await readFile(statePath(), 'utf8');
export const line = (name: string, etag: string, rest = {}) =>
	toStateLine({
		dest: name,
		url: `http://a/${name}`,
		etag,
		bytes: 3,
		mtimeMs: MTIME_MS,
		...rest,
	});

export async function validatorsNow(...targets: Target[]): Promise<(Validators | undefined)[]> {
	const state = await StateFile.open(folder);
	const given = targets.length === 0 ? [target()] : targets;
	const found = await collect(state.withValidators(given));
	await state.close();
	return found.map(({ validators }) => validators);
}

export function save(name = 'br.gif'): void {
	writeFileSync(target(name).dest, 'old');
	utimesSync(target(name).dest, MTIME_MS / 1000, MTIME_MS / 1000);
}

export async function remember(rest: Partial<Outcome>, name?: string): Promise<void> {
	save(name);
	const state = await StateFile.open(folder);
	state.record(outcome(rest, name));
	await state.close();
}
