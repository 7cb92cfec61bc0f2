import pLimit from 'p-limit';
import type { Labels } from '../thresholds/metrics.ts';
import type { Conditions } from './client/clients.ts';
import type { RunResult } from './results.ts';

/** A run that is still to be made. */
export interface PendingRun {
	readonly labels: Labels;
	/** Another client than flagdl; its first run shows whether it can be started at all. */
	readonly client?: string;
	readonly make: (conditions: Conditions) => Promise<RunResult>;
}

export interface RunAll {
	readonly runs: readonly PendingRun[];
	readonly lanes: number;
	readonly conditions: Conditions;
	readonly onStart: (run: PendingRun) => void;
	/** Called with the result of each run that came to its end. */
	readonly onResult: (result: RunResult, run: PendingRun) => void;
}

/**
 * Makes all runs, of each other client one before its rest. Nothing of them is left when it returns or
 * throws.
 *
 * @returns Those that came to their end, in the order given; fewer only after an interruption.
 * @throws What kept a run from being made; the others are ended.
 */
export async function runAll({
	runs,
	lanes,
	conditions,
	onStart,
	onResult,
}: RunAll): Promise<RunResult[]> {
	const stop = new AbortController();
	const signal = AbortSignal.any([conditions.signal, stop.signal]);
	const isOver = () => signal.aborted;
	const limit = pLimit(lanes);
	const results = new Map<PendingRun, RunResult>();

	const makeRun = async (run: PendingRun) => {
		if (isOver()) {
			return;
		}
		onStart(run);
		const result = await run.make({ ...conditions, signal }).catch((error: unknown) => {
			stop.abort();
			throw error;
		});
		// What was cut short says nothing about the client.
		if (!isOver()) {
			onResult(result, run);
			results.set(run, result);
		}
	};
	const isFirst = ({ client }: PendingRun, index: number) =>
		client !== undefined && runs.findIndex((other) => other.client === client) === index;

	for (const some of [runs.filter(isFirst), runs.filter((run, index) => !isFirst(run, index))]) {
		const settled = await Promise.allSettled(some.map((run) => limit(makeRun, run)));
		const failed = settled.find((result) => result.status === 'rejected');
		if (failed !== undefined) {
			throw failed.reason;
		}
	}
	return runs.flatMap((run) => results.get(run) ?? []);
}
