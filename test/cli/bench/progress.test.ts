import { expect, it } from 'vitest';
import { progressLine } from '../../../src/cli/bench/progress.ts';
import { NO_PAINT } from '../../../src/reporters/output.ts';
import { makeMeasured } from '../../bench/make-measured.ts';

it('says where it is, and when it will be over as soon as that is known', () => {
	const { cells, runs } = makeMeasured({ walls: { 'sequential@1': [6000], 'async@8': [700] } });
	const [first, second] = cells;
	const step = { rounds: 2, cells };
	const warmUp = { ...step, round: 0, past: [], cell: first as never };
	const one = { ...step, round: 1, past: runs.slice(0, 1), cell: second as never };
	const two = { ...step, round: 2, past: runs, cell: first as never };

	expect(progressLine(warmUp, { inRunMs: 500, columns: 80 }, NO_PAINT)).toBe(
		' ░░░░░░░░░░░░░░░░░░░░░░░░  warm-up  sequential, 1 slot',
	);
	expect(progressLine(one, { inRunMs: 500, columns: 80 }, NO_PAINT)).toBe(
		' ██████░░░░░░░░░░░░░░░░░░  round 1 of 2  async, 8 slots',
	);
	expect(progressLine(two, { inRunMs: 500, columns: 80 }, NO_PAINT)).toBe(
		' ████████████░░░░░░░░░░░░  round 2 of 2  sequential, 1 slot  ETA 7 s',
	);
	expect(progressLine(two, { inRunMs: 500, columns: 40 }, NO_PAINT)).toBe(
		' ███████░░░░░░░░  round 2 of 2  ETA 7 s',
	);
});
