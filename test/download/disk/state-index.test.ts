import { linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { loadState } from '../../../src/download/disk/load-state.ts';
import {
	STATE_HEADER,
	STATE_LINE_MAX_BYTES,
	type StateEntry,
	toStateLine,
} from '../../../src/download/disk/state-entry.ts';
import { StateIndex, StateUnusable } from '../../../src/download/disk/state-index.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

let path: string;

beforeEach(async () => {
	path = join(await temporaryFolder(), 'state');
});

const entryOf = (dest: string, etag = '"v1"'): StateEntry => ({
	...{ dest, url: 'http://a/x', etag, bytes: 3, mtimeMs: 1000 },
});
const lineOf = (dest: string, etag?: string) => toStateLine(entryOf(dest, etag));
const write = (...lines: string[]) => writeFileSync(path, [`${STATE_HEADER}\n`, ...lines].join(''));

async function load(): Promise<StateIndex> {
	const index = await StateIndex.load(path);
	if (index === undefined) {
		throw new Error('no state');
	}
	onTestFinished(async () => await index.close());
	return index;
}

describe('the index of a state', () => {
	it('finds each of many entries, in whatever order they are asked for', async () => {
		// More than the initial size of its tables, and than a single read returns.
		const names = Array.from({ length: 2500 }, (_, index) => `${index}é.gif`);
		write(...names.map((name) => lineOf(name)));
		const index = await load();

		const found = (given: string[]) =>
			given.filter((name) => index.find(name)?.dest === name).length;
		expect(found(names)).toBe(names.length);
		expect(found([...names].reverse())).toBe(names.length);
		expect(found([...names].sort())).toBe(names.length);
		expect(index.find('another')).toBeUndefined();
		expect([index.isEmpty, index.shouldBeRewritten]).toEqual([false, false]);
	});

	it('has the last entry of each, and lines that were added since it was loaded', async () => {
		const lines = [lineOf('a'), lineOf('b'), 'no entry\n', lineOf('a', '"v2"')];
		write(...lines);
		const index = await load();
		writeFileSync(path, lineOf('a', '"v3"'), { flag: 'a' });

		const seen: [string, boolean][] = [];
		const ends = await index.forEachLine(0, (line, offset) => {
			seen.push([line, index.isLatest(line, offset)]);
		});

		expect(index.find('a')?.etag).toBe('"v2"');
		expect(seen.map(([, isLatest]) => isLatest)).toEqual([false, false, true, false, true, true]);
		expect(seen[5]?.[0]).toBe(lineOf('a', '"v3"').trimEnd());
		expect(ends).toBe(statSync(path).size);
	});

	it('takes a line as it is in the file now', async () => {
		write(lineOf('a'), lineOf('b'));
		const index = await load();
		expect(index.find('a')).toEqual(entryOf('a'));
		const other = await load();

		write(lineOf('b'), lineOf('a'));
		expect(other.find('a')).toBeUndefined();
		writeFileSync(path, '');
		expect(other.find('b')).toBeUndefined();
	});

	it('leaves out what is too long for a line, and what has no end', async () => {
		const long = 'x'.repeat(STATE_LINE_MAX_BYTES);
		write(lineOf('a'), long.repeat(9), `\n${lineOf('b')}`, lineOf('c').trimEnd());
		const index = await load();

		expect(['a', 'b', 'c'].map((name) => index.find(name)?.dest)).toEqual(['a', 'b', undefined]);
		const { size } = statSync(path);
		const ends = await index.forEachLine(size - lineOf('c').length + 1, () => {
			throw new Error('a line without an end');
		});
		expect(ends).toBe(size - lineOf('c').length + 1);
	});

	it('is empty without an entry, and is none without a file', async () => {
		expect(await StateIndex.load(path)).toBeUndefined();
		writeFileSync(path, '');
		expect((await load()).isEmpty).toBe(true);
		write();
		expect([(await load()).isEmpty, (await load()).shouldBeRewritten]).toEqual([true, false]);
	});

	it.each<[text: string, message: string]>([
		['x', 'it is damaged'],
		[`x${STATE_HEADER}\n`, 'it is damaged'],
		['x{"version":3}', 'it is damaged'],
		['{"version":x}', 'it is damaged'],
		['{"version":12}', 'its version is 12, known is 2'],
		['{"version":1,"files":{}}', 'its version is 1, known is 2'],
		['{"flagdl":"state","version":30}\n', 'its version is 30, known is 2'],
	])('is none of a file that begins with %j', async (text, message) => {
		writeFileSync(path, text);

		const error = await StateIndex.load(path).catch((reason: unknown) => reason);

		expect(error).toBeInstanceOf(StateUnusable);
		expect(error).toMatchObject({ message, isReplaceable: true });
		expect(await loadState(path)).toMatchObject({ message, isReplaceable: true });
	});

	it('is none of a link, and of a path that leads nowhere', async () => {
		writeFileSync(`${path}.other`, `${STATE_HEADER}\n`);
		symlinkSync(`${path}.other`, path);

		expect(await loadState(path)).toMatchObject({
			...{ message: 'it is a symbolic link', isReplaceable: false },
		});
		const beneath = await loadState(join(`${path}.other`, 'state'));
		expect(beneath).toMatchObject({ isReplaceable: false });
		expect((beneath as Error).message).toContain('ENOTDIR');
	});
});

describe('a state is rewritten when it is loaded', () => {
	/** 2,000 of these exceed 1 MiB. */
	const padded = (name: string, round: number) => lineOf(name, `"${'x'.repeat(600)}${round}"`);
	const rounds = (names: string[], count: number) =>
		Array.from({ length: count }, (_, round) => names.map((name) => padded(name, round))).flat();
	const loadedSize = async () => {
		const before = statSync(path).size;
		const state = await loadState(path);
		if (!(state instanceof StateIndex)) {
			throw new Error('no state');
		}
		onTestFinished(async () => await state.close());
		return { state, before, after: statSync(path).size };
	};

	it('if most of it was replaced, in batches, and keeps the last of each and what is no ASCII', async () => {
		const names = Array.from({ length: 400 }, (_, index) => `${index}é`);
		write(...rounds(names, 5));

		const { state, after } = await loadedSize();

		expect(after).toBe(
			[`${STATE_HEADER}\n`, ...rounds(names, 5).slice(-400)].join('').length + 400,
		);
		expect(names.filter((name) => state.find(name)?.etag?.endsWith('4"'))).toHaveLength(400);
	});

	it('unless it is short, or half of it holds', async () => {
		const names = Array.from({ length: 1000 }, (_, index) => `${index}`);
		write(...rounds(names.slice(0, 100), 9));
		const short = await loadedSize();
		expect([short.before > 500_000, short.after]).toEqual([true, short.before]);
		write(...rounds(names, 2));
		const half = await loadedSize();
		expect([half.before > 1_048_576, half.after]).toEqual([true, half.before]);
	});

	it('if the file has another name, which keeps its content', async () => {
		write(lineOf('a'), lineOf('a', '"v2"'));
		linkSync(path, `${path}.other`);

		const { state, before } = await loadedSize();

		expect(state.find('a')?.etag).toBe('"v2"');
		expect(readFileSync(path, 'utf8')).toBe(`${STATE_HEADER}\n${lineOf('a', '"v2"')}`);
		expect(statSync(`${path}.other`).size).toBe(before);
		expect(state.shouldBeRewritten).toBe(false);
	});
});
