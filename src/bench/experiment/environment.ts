import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** The machine, as far as it bears on the numbers. */
export interface Environment {
	readonly node: string;
	readonly platform: string;
	readonly cpu: string;
	/** Processors that may be used. */
	readonly cores: number;
	readonly memoryBytes: number;
	/** Load of the last minute before the first run; absent where the system has none. */
	readonly loadBefore?: number;
	/** How much later than asked a timer of 10 ms fires here, the median of some. */
	readonly timerLatenessMs: number;
}

const PROBES = 15;
const PROBE_MS = 10;

/** @param process - Of the caller: only the command line knows it. */
export async function describeEnvironment(process: {
	readonly version: string;
	readonly platform: string;
	readonly arch: string;
}): Promise<Environment> {
	const [load] = loadavg();
	return {
		node: process.version,
		platform: `${process.platform} ${release()} ${process.arch}`,
		cpu: cpus()[0]?.model.trim() ?? 'unknown',
		cores: availableParallelism(),
		memoryBytes: totalmem(),
		...(process.platform !== 'win32' && load !== undefined && { loadBefore: load }),
		timerLatenessMs: await timerLateness(),
	};
}

async function timerLateness(): Promise<number> {
	const late: number[] = [];
	for (let probe = 0; probe < PROBES; probe += 1) {
		const startMs = performance.now();
		await sleep(PROBE_MS);
		late.push(performance.now() - startMs - PROBE_MS);
	}
	late.sort((a, b) => a - b);
	return Math.round(Math.max(0, late[PROBES >> 1] as number) * 100) / 100;
}
