import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventParser } from '../../../src/smoke/client/flagdl-events.ts';

const outcome = (id: string, status = 'ok') => ({
	type: 'outcome',
	id,
	index: 0,
	url: `http://127.0.0.1/${id}.gif`,
	status,
	dest: `/tmp/${id}.gif`,
	bytes: 10,
	requests: 2,
	retries: 1,
	startMs: 1,
	endMs: 2,
});
const end = (totals: Record<string, number>, requests: number, retries: number) => ({
	type: 'run.end',
	totals: { ok: 0, unchanged: 0, skipped: 0, not_found: 0, error: 0, cancelled: 0, ...totals },
	requests,
	retries,
	bytes: 0,
	notStarted: 0,
	wallMs: 1,
	cpuMs: 1,
	maxRssBytes: 1,
	eventLoopDelay: { p50Ms: 0, p99Ms: 0, maxMs: 0 },
	exitCode: 0,
});
const GOOD = [
	{
		type: 'run.start',
		version: '1.0.0',
		strategy: 'async',
		concurrency: 1,
		outputDir: '/tmp',
		startMs: 1,
	},
	outcome('BR'),
	outcome('CN', 'error'),
	end({ ok: 1, error: 1 }, 4, 2),
];
const textOf = (events: readonly object[]) =>
	events.map((event, seq) => `${JSON.stringify({ v: 1, seq, ...event })}\n`).join('');

function hear(...pieces: readonly string[]) {
	const listener = new EventParser();
	for (const piece of pieces) {
		listener.write(piece);
	}
	return listener.result();
}

describe('events of flagdl get', () => {
	it('are understood in whatever pieces they come', () => {
		const text = textOf(GOOD);

		fc.assert(
			fc.property(fc.array(fc.nat(text.length)), (cuts) => {
				const ends = [0, ...cuts.sort((a, b) => a - b), text.length];
				const pieces = ends.slice(1).map((at, index) => text.slice(ends[index], at));

				const said = hear(...pieces);

				expect(said.problems).toEqual([]);
				expect([...said.outcomes.keys()]).toEqual(['BR', 'CN']);
				expect(said.end?.requests).toBe(4);
			}),
		);
	});

	it.each([
		['without run.end', textOf(GOOD.slice(0, 3)), 'there is no run.end'],
		['cut in the middle', textOf(GOOD).slice(0, -5), 'the last line is not whole'],
		['with something after run.end', textOf([...GOOD, outcome('IN')]), 'comes after run.end'],
		['with two outcomes of one', textOf([outcome('BR'), ...GOOD]), 'BR has two outcomes'],
		['with one missing', textOf(GOOD.filter((_, index) => index !== 1)), 'run.end says 1 ok'],
		['with a number left out', textOf(GOOD).replace('"seq":2', '"seq":3'), 'has the number 3'],
		[
			'that are none',
			textOf([{ ...outcome('BR'), bytes: -1 }]),
			'line 1 is no event: /bytes: found',
		],
		['that are not even objects', 'null\n', 'line 1 is no event: found null'],
		['that are not JSON', `oops\n${textOf(GOOD)}`, 'line 1 is not JSON: oops'],
		['that count otherwise', textOf([...GOOD.slice(0, 3), end({}, 5, 2)]), 'says 5 requests'],
	])('%s are a problem', (_, text, problem) => {
		expect(hear(text).problems.join('\n')).toContain(problem);
	});

	it('that follow a bad one are no problem, and lines are counted', () => {
		const bad = { ...outcome('US'), bytes: -1 };
		const { problems } = hear(textOf([...GOOD.slice(0, 2), bad, ...GOOD.slice(2), bad]));

		expect(problems).toEqual([
			expect.stringMatching(/^line 3 is no event/),
			'event 2 has the number 3',
			expect.stringMatching(/^line 6 is no event/),
		]);
	});
});
