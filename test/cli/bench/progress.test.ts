import { expect, it } from 'vitest';
import { progressLine } from '../../../src/cli/bench/progress.ts';
import { NO_PAINT } from '../../../src/reporters/output.ts';
import { makeMeasured } from '../../bench/make-measured.ts';

it('says where it is, and when it will be over', () => {
	const { cells, runs } = makeMeasured({ walls: { 'sequential@1': [6000], 'async@8': [700] } });
	const [first, second] = cells;
	const clock = { guessMs: () => 1000, inRunMs: 500 };
	const step = { round: 1, rounds: 2, cells, past: runs.slice(0, 1) };

	expect(progressLine({ ...step, cell: second as never }, clock, NO_PAINT)).toBe(
		' ██████░░░░░░░░░░░░░░░░░░  round 1 of 2  async, 8 slots  ETA 8 s',
	);
	expect(progressLine({ ...step, round: 0, past: [], cell: first as never }, clock, NO_PAINT)).toBe(
		' ░░░░░░░░░░░░░░░░░░░░░░░░  warm-up  sequential, 1 slot  ETA 4 s',
	);
});
