import pLimit from 'p-limit';
import type { Labels } from '../thresholds/metrics.ts';
import type { Conditions } from './client/clients.ts';
import type { RunResult } from './results.ts';

export interface PendingRun {
	readonly labels: Labels;
	/** A client other than flagdl; its first run shows whether it can be started. */
	readonly client?: string;
	readonly execute: (conditions: Conditions) => Promise<RunResult>;
}

export interface RunAll {
	readonly runs: readonly PendingRun[];
	readonly lanes: number;
	readonly conditions: Conditions;
	readonly onStart: (run: PendingRun) => void;
	/** Called with the result of each completed run. */
	readonly onResult: (result: RunResult, run: PendingRun) => void;
}

/**
 * Executes all runs; of each other client, the first run completes before the rest. No run is left when it
 * returns or throws.
 *
 * @returns Results of completed runs, in input order; fewer than given only after an interruption.
 * @throws The error of a run that could not be executed; the others are aborted.
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
	const isAborted = () => signal.aborted;
	const limit = pLimit(lanes);
	const results = new Map<PendingRun, RunResult>();

	const executeRun = async (run: PendingRun) => {
		if (isAborted()) {
			return;
		}
		onStart(run);
		const result = await run.execute({ ...conditions, signal }).catch((error: unknown) => {
			stop.abort();
			throw error;
		});
		// An aborted run says nothing about the client.
		if (!isAborted()) {
			onResult(result, run);
			results.set(run, result);
		}
	};
	const isFirst = ({ client }: PendingRun, index: number) =>
		client !== undefined && runs.findIndex((other) => other.client === client) === index;

	for (const some of [runs.filter(isFirst), runs.filter((run, index) => !isFirst(run, index))]) {
		const settled = await Promise.allSettled(some.map((run) => limit(executeRun, run)));
		const failed = settled.find((result) => result.status === 'rejected');
		if (failed !== undefined) {
			throw failed.reason;
		}
	}
	return runs.flatMap((run) => results.get(run) ?? []);
}
