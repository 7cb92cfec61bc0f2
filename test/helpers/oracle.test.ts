import { once } from 'node:events';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import type { OutcomeStatus } from '../../src/download/outcome.ts';
import type { Target } from '../../src/targets/target.ts';
import { collect } from './collect.ts';
import { contextWith, download } from './download.ts';
import { flagdl, startFlagdl } from './flagdl.ts';
import { GIF, holds, noteRequest, undetectable } from './held-content.ts';
import { judge } from './judged-command.ts';
import { RunUnderOracle } from './oracle.ts';
import { startOnTerminal } from './pseudo-terminal.ts';
import { serve } from './serve.ts';
import { strategies } from './strategies.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ORIGIN = 'http://oracle.test';
const CONTENT = Buffer.from('the content of a');
const WRONG = Buffer.from('other content: a');

let folder: string;

beforeEach(async () => {
	folder = await temporaryFolder();
	holds(`${ORIGIN}/a`, CONTENT);
	holds(`${ORIGIN}/b`, Buffer.from('the content of b'));
});

const path = (name: string) => join(folder, name);
const put = (name: string, content: Buffer | string = CONTENT) =>
	writeFileSync(path(name), content);
const target = (name: string) => ({ url: `${ORIGIN}/${name}`, dest: path(name) });

/** Judges a run that reports these outcomes and leaves what `plant` creates. */
function judgeRun(
	outcomes: Readonly<Record<string, OutcomeStatus>>,
	plant: () => void,
	isComplete = true,
): () => void {
	const run = new RunUnderOracle([folder]);
	for (const name of Object.keys(outcomes)) {
		run.begins(target(name));
	}
	plant();
	for (const [name, status] of Object.entries(outcomes)) {
		run.ended({ ...target(name), status });
	}
	return () => run.end({ isComplete });
}

describe('the oracle finds', () => {
	it.each<[string, Buffer]>([
		['other bytes of the right length', WRONG],
		['a file that is cut off', CONTENT.subarray(0, -1)],
		['a file with more behind it', Buffer.concat([CONTENT, CONTENT])],
		['an empty file', Buffer.alloc(0)],
		['the content of another target', Buffer.from('the content of b')],
	])('%s under a final name', (_name, content) => {
		expect(judgeRun({ a: 'ok' }, () => put('a', content))).toThrow(/a: found .* holds 16 bytes/);
	});

	it('an old half joined to a new one, where either version would do', () => {
		holds(`${ORIGIN}/a`, [Buffer.from('old old'), Buffer.from('new new')]);

		expect(judgeRun({ a: 'ok' }, () => put('a', 'new new'))).not.toThrow();
		expect(judgeRun({ a: 'ok' }, () => put('a', 'old new'))).toThrow(/a: found 7 bytes "old new"/);
	});

	it('a file that was told `ok` and is not there', () => {
		expect(judgeRun({ a: 'ok' }, () => {})).toThrow(/a: told ok, and not there/);
	});

	it('a link under a final name', () => {
		put('precious');
		const plant = () => symlinkSync(path('precious'), path('a'));

		expect(judgeRun({ a: 'ok' }, plant)).toThrow(/a, which is no regular file/);
	});

	it.each<OutcomeStatus>(['error', 'not_found', 'cancelled', 'skipped', 'unchanged'])(
		'a file made, changed or lost though its target is `%s`',
		(status) => {
			expect(judgeRun({ a: status }, () => put('a'))).toThrow(
				`a: made, though its target is ${status}`,
			);
			expect(judgeRun({ a: status }, () => put('a', WRONG))).toThrow('a: changed, though');
			expect(judgeRun({ a: status }, () => rmSync(path('a')))).toThrow('a: lost, though');
		},
	);

	it.each<OutcomeStatus>(['skipped', 'unchanged'])(
		'that a target is `%s` because of a wrong file of an earlier run',
		(status) => {
			expect(judgeRun({ a: 'ok' }, () => put('a', WRONG))).toThrow('a: found');

			expect(judgeRun({ a: status }, () => {})).toThrow('a: found');
		},
	);

	it('that a file of the user is lost or changed', () => {
		put('own');
		expect(judgeRun({ a: 'error' }, () => put('own', WRONG))).toThrow('own: changed, and it is no');
		expect(judgeRun({ a: 'error' }, () => rmSync(path('own')))).toThrow('own: lost');
	});

	it('what is left when all went well: a part, a temporary file, a folder', () => {
		const plant = () => {
			put('a');
			put('a.tmp');
			mkdirSync(path('.flagdl/run'), { recursive: true });
			put('.flagdl/run/0', '');
		};

		expect(judgeRun({ a: 'ok' }, plant)).toThrow(
			/\.flagdl\/run\/0: left over.*\n.*a\.tmp: left over/,
		);
		expect(judgeRun({ b: 'not_found' }, () => mkdirSync(path('new')))).not.toThrow();
		expect(judgeRun({ a: 'ok' }, () => mkdirSync(path('empty')))).toThrow('empty: an empty folder');
	});

	it('a file that no outcome tells of', () => {
		expect(judgeRun({ a: 'ok' }, () => ['a', 'b'].map((name) => put(name)))).toThrow(
			'b: left over',
		);
	});

	it('half a file after a kill, and not a whole one or a part', () => {
		const kill = (content: Buffer) =>
			judgeRun(
				{},
				() => {
					put('a', content);
					mkdirSync(path('.flagdl/run'), { recursive: true });
				},
				false,
			);
		noteRequest(`${ORIGIN}/a`);

		expect(kill(CONTENT.subarray(0, 5))).toThrow('a: found 5 bytes');
		expect(kill(CONTENT)).not.toThrow();
	});
});

describe('the oracle judges, though the test does not look,', () => {
	/** A valid GIF of the same length as that of the server. */
	const LIE = Buffer.concat([GIF.subarray(0, 13), Buffer.alloc(6, 7), GIF.subarray(19)]);
	let url: string;
	let wanted: Target;

	beforeEach(async () => {
		url = `${await serve(GIF, (_request, response) => response.end(LIE))}/lie.gif`;
		wanted = { id: '0', index: 0, url, dest: path('lie.gif') };
	});

	it('the unit of work', async () => {
		await expect(download(wanted, contextWith())).rejects.toThrow('lie.gif: found 42 bytes');
	});

	it.each(['sequential', 'async', 'threads'] as const)('strategy %s', async (name) => {
		const run = async () =>
			await collect(
				strategies[name]([wanted], {
					options: DEFAULT_OPTIONS,
					concurrency: 1,
					threads: 1,
					signal: new AbortController().signal,
				}),
			);
		await expect(run()).rejects.toThrow('lie.gif: found 42 bytes');

		undetectable(url, 'as long and as whole as the right one');
		rmSync(path('lie.gif'));
		expect((await run()).map(({ status }) => status)).toEqual(['ok']);
	});

	it.fails('the command line', async () => {
		await flagdl([url], folder);
	});

	it.fails('the command line, whose end is not waited for', async () => {
		const { child } = startFlagdl([url], folder);
		await once(child, 'close');
	});

	it.fails('the command line on a terminal', async () => {
		await startOnTerminal([url], folder).ended;
	});
});

describe('the numbers of a run', () => {
	const end = (exitCode: number, totals: Record<string, number>) =>
		`{"type":"run.start"}\n${JSON.stringify({ type: 'run.end', exitCode, totals })}\n`;
	const judged = (code: number, stdout: string) => () => judge([], folder).end({ code, stdout });

	it('have to add up: exit code, outcomes and totals', () => {
		expect(judged(130, end(130, { ok: 0, cancelled: 3 }))).not.toThrow();
		expect(judged(4, end(0, {}))).toThrow('exitCode of run.end');
		expect(judged(1, end(1, { error: 1 }))).toThrow('sum of the totals');
	});
});
