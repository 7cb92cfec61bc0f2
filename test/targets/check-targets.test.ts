import { describe, expect, it } from 'vitest';
import { checkTargets, comparablePath, foldersOf } from '../../src/targets/check-targets.ts';
import {
	type BadEntry,
	concatSources,
	type Entry,
	type Source,
	subject,
	takeEntries,
} from '../../src/targets/entry.ts';
import { bookLayout } from '../../src/targets/flag-urls.ts';
import { parseListLine } from '../../src/targets/list/list-line.ts';
import { outputTemplate } from '../../src/targets/output-template.ts';
import type { Plan } from '../../src/targets/resolve-target.ts';

const PLAN: Plan = {
	flags: bookLayout('http://h'),
	mirrors: [],
	outputDir: '/out',
	withNames: false,
};
const SHA = 'ab'.repeat(32);

/** A source of batches of two lines, and the offset of each batch that was read. */
function sourceOf(...lines: readonly string[]) {
	const entries = lines.map((line, index) => parseListLine(line, `l:${index + 1}`));
	const pulled: number[] = [];
	const source: Source = async function* () {
		for (let index = 0; index < entries.length; index += 2) {
			pulled.push(index);
			yield await Promise.resolve(entries.slice(index, index + 2) as (Entry | BadEntry)[]);
		}
	};
	return { source, pulled };
}

async function placesOf(source: Source, limit: number): Promise<string[]> {
	const found: string[] = [];
	for await (const entries of takeEntries(source, limit)) {
		for (const { where } of entries) {
			found.push(where);
		}
	}
	return found;
}

describe('the first entries of a source', () => {
	it.each([
		[1, ['l:1'], [0]],
		[2, ['l:1', 'l:2'], [0]],
		[3, ['l:1', 'l:2', 'l:3'], [0, 2]],
		[9, ['l:1', 'l:2', 'l:3', 'l:4', 'l:5'], [0, 2, 4]],
	])('%i of 5 are pulled, and no further batch', async (limit, places, batches) => {
		const { source, pulled } = sourceOf('br', 'cn', 'jp', 'us', 'de');

		expect(await placesOf(source, limit)).toEqual(places);
		expect(pulled).toEqual(batches);
	});

	it('are those of one source after the other', async () => {
		const all = concatSources([sourceOf('br').source, sourceOf('cn', 'jp').source]);

		expect(await placesOf(all, 2)).toEqual(['l:1', 'l:1']);
		expect(await placesOf(all, 9)).toEqual(['l:1', 'l:1', 'l:2']);
	});
});

describe('what targets are found to have', () => {
	it('is counted: codes, digests, and what may be a secret', async () => {
		const { source, pulled } = sourceOf(
			'br',
			`cn\t\t${SHA}`,
			'https://h/a',
			'https://u:p@h/b',
			'{"url": "https://h/c", "headers": {"Cookie": "x", "Accept": "y"}}',
			'{"url": "https://h/d", "headers": {"Accept": "y", "User-Agent": "z"}}',
			`{"url": "https://h/e", "sha512": "${SHA}${SHA}"}`,
		);

		expect(await checkTargets(source, PLAN)).toEqual({
			count: 7,
			codes: 2,
			checksums: 2,
			secrets: 2,
		});
		// A second reading is needed only if two targets share a destination.
		expect(pulled).toEqual([0, 2, 4, 6]);
	});

	it('is nothing where the reading is ended by a signal', async () => {
		const reason = new Error('enough');

		await expect(
			checkTargets(sourceOf('br').source, PLAN, 9, AbortSignal.abort(reason)),
		).rejects.toBe(reason);
	});

	it('is no problem of an entry where something else is thrown', async () => {
		const mistake = new TypeError('no flags');
		const urlOf = () => {
			throw mistake;
		};

		await expect(checkTargets(sourceOf('br').source, { ...PLAN, flags: { urlOf } })).rejects.toBe(
			mistake,
		);
	});

	it('has every problem of every line', async () => {
		const { source } = sourceOf('br', '{"url": "x y", "dest": "/a"}', 'https://h/\t..', 'cn');

		await expect(checkTargets(source, PLAN)).rejects.toThrow(
			/^l:2: found "x y"; .*\nl:2: found the absolute path "\/a" .*\nl:3: found "\.\." in .*$/,
		);
	});
});

describe('two targets of one destination', () => {
	const advice = "give one of them another destination, or all of them -o '{stem}-{hash}{ext}'";
	const problemOf = async (plan: Partial<Plan>, ...lines: readonly string[]) =>
		await checkTargets(sourceOf(...lines).source, { ...PLAN, ...plan }).then(
			() => undefined,
			(error: unknown) => (error as Error).message,
		);

	it('are told by the places that templates gave them', async () => {
		const output = outputTemplate('{index}');

		expect(
			await problemOf({ output }, 'https://h/a', 'https://h/b\t3', 'https://h/c', 'https://h/d'),
		).toBe(`l:3: saves to "3", as l:2 does; ${advice}`);
		expect(await problemOf({ outputDir: '/' }, 'https://h/a', 'https://i/a')).toBe(
			`l:2: saves to "a", as l:1 does; ${advice}`,
		);
	});

	it('may be a target and what has its place already, or is in it', async () => {
		const taken = new Map([
			['/out/Report.json', '--report'],
			['/elsewhere/a', '--events'],
		]);

		expect(await problemOf({ taken }, 'https://h/a', 'https://h/report.JSON')).toBe(
			`l:2: saves to "report.JSON", as --report does; ${advice}`,
		);
		expect(await problemOf({ taken }, 'https://h/b\treport.json/b')).toBe(
			`l:1: saves to "report.json/b", but --report saves a file where its folder would be; ${advice}`,
		);
		expect(await problemOf({ taken }, 'https://h/a\telsewhere/a')).toBeUndefined();
	});

	it('are not known where the response names them, unless they have one URL', async () => {
		const plan = { remoteNames: true };

		expect(await problemOf(plan, 'https://h/a/x', 'https://h/b/x')).toBeUndefined();
		expect(await problemOf(plan, 'https://h/a/x', 'https://h/a/x')).toBe(
			'l:2: found "https://h/a/x" again, after l:1; drop one of them',
		);
		expect(await problemOf(plan, 'https://h/a/x', 'https://h/b/x\tx')).toBeUndefined();
	});
});

it.each([
	['/a.gif', '/A.GIF', true],
	['/K', '/\u212a', true],
	['/straße', '/STRASSE', true],
	['/Co\u0302te', '/CÔTE', true],
	['/ſ', '/s', true],
	['/a', '/b', false],
	['/é', '/e', false],
])('some file system takes %j for %j: %s', (one, other, isSame) => {
	expect(comparablePath(one) === comparablePath(other)).toBe(isSame);
});

it.each([
	['/a/b/c', ['/a', '/a/b']],
	['/a', []],
	['\n/a/b', []],
])('%j is in the folders %j', (key, folders) => {
	expect(foldersOf(key)).toEqual(folders);
});

it.each(['xhttps://h/a', 'https', 'brx', 'ſk'])('%j is neither a code nor a URL', (text) => {
	expect(() => subject(text, 'here')).toThrow(
		`found "${text}"; allowed: a country code (br), or a URL that begins with http:// or https://`,
	);
});
