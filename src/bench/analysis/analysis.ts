import type * as v from 'valibot';
import type { analysis } from '../../schema/bench-results.ts';
import type { DeepReadonly } from '../../util/members.ts';
import type { Cell, Measured } from '../results.ts';
import { clockOf } from '../results.ts';
import { analyseCell, type CellContext } from './cell-analysis.ts';
import { backOffs } from './ideal.ts';
import { advise } from './recommendation.ts';

/** The analysis of the measurements. Plain data; times are medians in milliseconds unless stated otherwise. */
export type Analysis = DeepReadonly<v.InferOutput<typeof analysis>>;

const MARGIN = 0.02;

export function analyse(measured: Measured, margin: number = MARGIN): Analysis {
	const clock = clockOf(measured);
	const baseline = baselineOf(measured);
	const context: CellContext = { measured, clock, baseline, waits: backOffs(measured) };
	const cells = measured.cells.map((cell) => analyseCell(cell, context));
	return {
		clock,
		...(baseline !== undefined && { baseline: baseline.id }),
		margin,
		cells,
		...advise(cells, { measured, clock, margin }),
	};
}

function baselineOf({ cells, runs }: Measured): Cell | undefined {
	const usable = cells.filter(({ id }) =>
		runs.some(({ cell, status }) => cell === id && status === 'ok'),
	);
	return usable.find(({ name }) => name === 'sequential') ?? usable[0];
}
