import pLimit from 'p-limit';
import type { Conditions } from './client/clients.ts';
import type { RunResult } from './run-result.ts';

/** A run that is still to be made. */
export type MakeRun = (conditions: Conditions) => Promise<RunResult>;

export interface RunAll {
	readonly runs: readonly MakeRun[];
	/** Runs at once. */
	readonly lanes: number;
	readonly conditions: Conditions;
	/** Told of each run when it ends. */
	readonly onResult: (result: RunResult) => void;
}

/**
 * Makes all runs. Nothing of them is left when it returns or throws.
 *
 * @returns Those that came to their end, in the order given; fewer only after an interruption.
 * @throws What kept a run from being made; the others are ended.
 */
export async function runAll({ runs, lanes, conditions, onResult }: RunAll): Promise<RunResult[]> {
	const stop = new AbortController();
	const signal = AbortSignal.any([conditions.signal, stop.signal]);
	const isOver = () => signal.aborted;
	const limit = pLimit(lanes);

	const settled = await Promise.allSettled(
		runs.map((run) =>
			limit(async () => {
				if (isOver()) {
					return [];
				}
				const result = await run({ ...conditions, signal }).catch((error: unknown) => {
					stop.abort();
					throw error;
				});
				// What was cut short says nothing about the client.
				if (isOver()) {
					return [];
				}
				onResult(result);
				return [result];
			}),
		),
	);
	return settled.flatMap((result) => {
		if (result.status === 'rejected') {
			throw result.reason;
		}
		return result.value;
	});
}
