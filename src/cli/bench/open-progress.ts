import type { Cell } from '../../bench/results.ts';
import type { Latency, Scenario } from '../../scenarios/scenario.ts';
import { paintFor } from '../colours.ts';
import type { Io } from '../io.ts';
import { liveProgress, type Progress, plainProgress } from './progress.ts';

/** What a process of Node takes to start and to end. */
const PROCESS_MS = 600;
/** Of a server that nobody knows. */
const UNKNOWN_LATENCY_MS = 100;

/** Progress as the standard error can show it. */
export async function openProgress(
	{ stderr, env }: Pick<Io, 'stderr' | 'env'>,
	scenario: Scenario | undefined,
	files: number,
): Promise<Progress> {
	const latencyMs = scenario ? typicalMs(scenario.latency) : UNKNOWN_LATENCY_MS;
	const guessMs = ({ concurrency }: Cell) =>
		PROCESS_MS + Math.ceil(files / concurrency) * latencyMs;
	return stderr.isTTY === true && env['TERM'] !== 'dumb'
		? liveProgress(stderr, await paintFor(stderr, env), guessMs)
		: plainProgress(stderr, guessMs);
}

function typicalMs(latency: Latency | undefined): number {
	switch (latency?.dist) {
		case undefined:
			return 1;
		case 'constant':
			return latency.ms;
		case 'uniform':
			return (latency.minMs + latency.maxMs) / 2;
		case 'log-normal':
			return latency.p50Ms;
	}
}
