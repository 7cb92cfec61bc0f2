import { expect, it } from 'vitest';
import { leftMs } from '../../../src/cli/bench/progress.ts';
import { makeMeasured } from '../../bench/make-measured.ts';

it('expects of a cell what it took, and guesses where it has not run', () => {
	const { cells, runs } = makeMeasured({
		walls: { 'sequential@1': [5700, 6300], 'async@8': [700] },
	});
	const [sequential, async] = cells;
	const past = runs.filter(({ cell }) => cell !== async?.id);

	// Two of three rounds of 6.3 s on average (0.3 s of it process) are over, and none of async.
	expect(leftMs({ cells, rounds: 3, past }, () => 800)).toBe(6300 + 3 * 800);
	expect(leftMs({ cells, rounds: 3, past: [] }, (cell) => (cell === sequential ? 10 : 1))).toBe(33);
});
