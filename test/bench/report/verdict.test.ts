import { expect, it } from 'vitest';
import { analyse } from '../../../src/bench/analysis/analysis.ts';
import { verdict } from '../../../src/bench/report/verdict.ts';
import {
	formatAboutMs,
	formatEstimate,
	formatMs,
	formatTimes,
	formatTimesRange,
	formatWithin,
} from '../../../src/util/units.ts';
import { type Made, makeMeasured } from '../make-measured.ts';

const FAST = [200, 199, 203, 201, 198, 202, 200];
const SLOW = [660, 640, 670, 655, 650, 665, 661];

function said(made: Made): readonly string[] {
	return verdict(analyse(makeMeasured(made))).map((line) => line.replaceAll('\u00a0', ' '));
}

it('says by how much, in how many rounds', () => {
	expect(said({ walls: { 'threads@8': SLOW, 'async@8': FAST } })).toEqual([
		'async is 3.2 to 3.3 times as fast as threads with 8 slots each (7 of 7 rounds).',
	]);
});

it('says which takes more processor time', () => {
	expect(
		said({
			walls: { 'threads@8': FAST, 'async@8': FAST },
			run: ({ round }, { name }) => ({ cpuMs: name === 'threads' ? 480 + 2 * round : 250 }),
		}),
	).toEqual([
		'With 8 slots each, async and threads are equally fast (within ±1 %).',
		'threads takes 1.9 to 2.0 times the processor time of async.',
	]);
});

it('says that it found no difference, and how far that is known', () => {
	const noisy = [260, 150, 250, 155, 240, 160, 245];

	expect(said({ walls: { 'async@8': FAST, 'async (2)@8': noisy } })).toEqual([
		'With 8 slots each, async and async (2) are equally fast within ±30 %; more rounds would tell.',
	]);
});

it('says when the whole process tells another story', () => {
	const walls = { 'threads@8': FAST, 'async@8': SLOW };
	const [sentence] = said({
		walls,
		run: (run, { name }) => (name === 'threads' ? { processMs: (run.wallMs ?? 0) + 1500 } : {}),
	});

	expect(sentence).toMatch(
		/^threads is 3\.2 to 3\.3 times as fast as async with 8 slots each .*; with the start of the process, async is 1\.8 times as fast\.$/,
	);
});

it('says that more slots were not tried if the most were the best', () => {
	const near = { 'async@4': [602, 603, 604, 601, 605, 600, 602], 'async@8': [151, 152, 150] };

	expect(said({ walls: { ...near, 'async@8': near['async@4'].map((ms) => ms / 4) } }).at(-1)).toBe(
		'Nothing above 8 slots was tried; -c 8,16 would tell.',
	);
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
	expect([1.041, 1.9, 18.12, 132.4, 0.523].map(formatTimes)).toEqual([
		'1.04',
		'1.9',
		'18',
		'130',
		'0.52',
	]);
	expect(formatTimesRange(1.001, 1.004)).toBe('1.00');
	expect(formatTimesRange(3.11, 3.58)).toBe('3.1 to 3.6');
	expect(formatTimesRange(13.7, 22.9)).toBe('14 to 23');
	expect(formatTimesRange(1.04, 1.31)).toBe('1.04 to 1.31');
	expect(formatWithin(0.81, 1.3)).toBe('±30 %');
	expect(formatWithin(0.75, 1.2)).toBe('±34 %');
	expect(formatWithin(0.5, 2.5)).toBe('a factor of 2.5');
	expect([0.81, 51.2, 764, 6412, 48_200].map(formatAboutMs)).toEqual([
		'0.8 ms',
		'51 ms',
		'760 ms',
		'6.4 s',
		'48 s',
	]);
	expect([9880, 51_600, 79_700, 169_000].map(formatEstimate)).toEqual([
		'10 s',
		'50 s',
		'80 s',
		'3 min',
	]);
});
