import { expect, it } from 'vitest';
import { analyse } from '../../../src/bench/analysis/analysis.ts';
import { verdict } from '../../../src/bench/report/verdict.ts';
import { formatMs, formatRange, formatRatio } from '../../../src/util/units.ts';
import { type Made, makeMeasured } from '../make-measured.ts';

const FAST = [200, 199, 203, 201, 198, 202, 200];
const SLOW = [660, 640, 670, 655, 650, 665, 661];

function said(made: Made): readonly string[] {
	return verdict(analyse(makeMeasured(made))).map((line) => line.replaceAll('\u00a0', ' '));
}

it('says by how much, in how many rounds', () => {
	expect(said({ walls: { 'threads@8': SLOW, 'async@8': FAST } })).toEqual([
		'async (8 slots) is 3.2–3.3 × faster than threads (8 slots) (7 of 7 rounds).',
	]);
});

it('says that it found no difference', () => {
	const walls = { 'async@8': FAST, 'async (2)@8': [201, 198, 203, 199, 202, 197, 204] };

	expect(said({ walls })).toEqual([
		expect.stringMatching(
			/^No difference found between .*async.* and .*async.*: 0\.9\d+–1\.0\d+ × \(7 rounds\)\.$/,
		),
	]);
});

it('says when the whole process tells another story', () => {
	const walls = { 'threads@8': FAST, 'async@8': SLOW };
	const [sentence] = said({
		walls,
		run: (run, { name }) => (name === 'threads' ? { processMs: (run.wallMs ?? 0) + 1500 } : {}),
	});

	expect(sentence).toMatch(
		/^threads \(8 slots\) is 3\.\d–3\.\d × faster than async .*; with the start of its process and pool, threads \(8 slots\) is 1\.\d+–1\.\d+ × slower\.$/,
	);
});

it('has a word for nothing', () => {
	expect(said({ walls: { 'async@8': FAST } })).toEqual(['No verdict: nothing to compare.']);
	expect(said({ walls: { 'async@8': FAST }, run: () => ({ status: 'failed' }) })).toEqual([
		'No verdict: no run ended well.',
	]);
});

it('writes numbers with as many digits as they deserve', () => {
	expect([0.81, 51.2, 764, 6412, 48_200, 192_000].map(formatMs)).toEqual([
		'0.8 ms',
		'51 ms',
		'764 ms',
		'6.41 s',
		'48.2 s',
		'3 min 12 s',
	]);
	expect([0.973, 1.999, 18.12, 132.4].map(formatRatio)).toEqual(['0.97', '2.0', '18.1', '132']);
	expect(formatRange(1.001, 1.004)).toBe('1.001–1.004');
	expect(formatRange(3.11, 3.58)).toBe('3.1–3.6');
});
