import { expect, it } from 'vitest';
import { leftMs } from '../../../src/cli/bench/progress.ts';
import { makeMeasured } from '../../bench/make-measured.ts';

it('expects of a cell what it took, and says nothing until each has run', () => {
	const { cells, runs } = makeMeasured({
		walls: { 'sequential@1': [5700, 6300], 'async@8': [700] },
	});

	// Each process takes 0.3 s more than its wall time: two of three rounds are complete, one of async.
	expect(leftMs({ cells, rounds: 3, past: runs })).toBe(6300 + 2 * 1000);
	expect(leftMs({ cells, rounds: 3, past: runs.slice(0, 2) })).toBeUndefined();
});
