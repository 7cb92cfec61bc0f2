import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
	checkFiles,
	type FinishedRun,
	judge,
	markIncomplete,
} from '../../../src/bench/experiment/judge.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { makeMeasured } from '../make-measured.ts';

const TARGETS = ['a', 'b', 'c'].map((id) => ({ id, url: `http://h/x/${id}`, name: `sub/${id}` }));

function sha256(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

describe('checkFiles', () => {
	it('finds what is there, and what of it is not the truth', async () => {
		const folder = await temporaryFolder();
		await mkdir(join(folder, 'sub'));
		await writeFile(join(folder, 'sub/a'), 'true');
		await writeFile(join(folder, 'sub/b'), 'false');
		const expected = new Map([
			['a', sha256('true')],
			['b', sha256('true')],
		]);

		expect(await checkFiles(folder, TARGETS, expected, {})).toEqual({
			present: 2,
			wrong: ['b'],
			digests: new Map([
				['a', sha256('true')],
				['b', sha256('false')],
			]),
		});
	});

	it('looks where a contestant saves', async () => {
		const folder = await temporaryFolder();
		await mkdir(join(folder, 'x'));
		await writeFile(join(folder, 'x/c'), 'true');

		const { present } = await checkFiles(folder, TARGETS, new Map(), {
			fileOf: ({ url }) => new URL(url).pathname,
		});

		expect(present).toBe(1);
	});
});

describe('judge', () => {
	const totals = { ok: 3, unchanged: 0, skipped: 0, not_found: 0, error: 0, cancelled: 0 };
	const finished: FinishedRun = {
		kind: 'strategy',
		measurement: { processMs: 100, attempts: [] },
		end: { exitCode: 0, processMs: 100, endMs: 100, log: 'said\n' },
		events: { outcomes: [], end: { totals } as never },
		files: { present: 3, wrong: [], digests: new Map() },
		undetectable: new Set(),
	};

	it('lets a run with the true files pass, also where some could not be had', () => {
		expect(judge(finished)).toMatchObject({ status: 'ok', files: 3 });
		expect(
			judge({
				...finished,
				end: { ...finished.end, exitCode: 1 },
				events: { outcomes: [], end: { totals: { ...totals, ok: 2, error: 1 } } as never },
				files: { ...finished.files, present: 2 },
			}),
		).toMatchObject({ status: 'ok', files: 2 });
	});

	it.each<[string, Partial<FinishedRun>, string]>([
		['a crash', { end: { ...finished.end, exitCode: 70 } }, 'exit code 70'],
		['a signal', { end: { ...finished.end, trouble: 'ended by SIGSEGV' } }, 'ended by SIGSEGV'],
		['no end', { events: { outcomes: [] } }, 'ended without the event run.end'],
		['a lie', { files: { ...finished.files, present: 2 } }, 'says 3 files, but 2 are there'],
		['a wrong file', { files: { ...finished.files, wrong: ['BR'] } }, '1 wrong file: BR'],
		[
			'wrong files',
			{ files: { ...finished.files, wrong: ['A', 'B', 'C', 'D'] } },
			'4 wrong files: A, B, C and 1 more',
		],
		[
			'a peer with nothing',
			{
				kind: 'peer',
				end: { ...finished.end, exitCode: 6 },
				files: { ...finished.files, present: 0 },
			},
			'saved nothing, exit code 6',
		],
	])('fails %s, with its log', (_, change, failure) => {
		expect(judge({ ...finished, ...change })).toMatchObject({
			status: 'failed',
			failure,
			log: 'said\n',
		});
	});

	it('does not blame a client for what no client can see', () => {
		const files = { ...finished.files, wrong: ['BR'] };

		expect(judge({ ...finished, files, undetectable: new Set(['BR']) }).status).toBe('ok');
	});
});

describe('markIncomplete', () => {
	it('marks runs that got fewer files than others did', () => {
		const { runs } = makeMeasured({
			walls: { 'async@8': [1, 2, 3] },
			run: ({ round }) => (round === 2 ? { files: 23 } : {}),
		});

		expect(markIncomplete(runs).map(({ status, failure }) => [status, failure])).toEqual([
			['ok', undefined],
			['incomplete', '23 of 24 files'],
			['ok', undefined],
		]);
	});

	it('marks all where none got a file', () => {
		const { runs } = makeMeasured({ walls: { 'async@8': [1, 2] }, run: () => ({ files: 0 }) });

		expect(markIncomplete(runs).map(({ status, failure }) => [status, failure])).toEqual([
			['incomplete', 'no file could be downloaded'],
			['incomplete', 'no file could be downloaded'],
		]);
	});
});
