import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Flagdl, WorkTarget } from '../../bench/experiment/contestant.ts';
import { type Experiment, runExperiment } from '../../bench/experiment/experiment.ts';
import { type ServerProcess, startServer } from '../../bench/experiment/server-process.ts';
import { type Environment, type Measured, RESULTS_VERSION } from '../../bench/results.ts';
import { createDecide } from '../../scenarios/decide.ts';
import { CannotRunError } from '../../util/errors.ts';
import { commandLineWithoutSecrets } from '../../util/secrets.ts';
import { plural } from '../../util/units.ts';
import { VERSION } from '../../util/version.ts';
import type { Io } from '../io.ts';
import type { BenchFlags } from './command.ts';
import type { Contestants } from './contestants.ts';
import { createProgress } from './progress.ts';
import type { BenchTargets } from './work.ts';
import { type BenchScenario, planWork } from './work.ts';

const ROUNDS = 7;
const QUICK_ROUNDS = 3;

export interface Bench extends Contestants {
	readonly flags: BenchFlags;
	readonly io: Io;
	readonly targets: BenchTargets;
	/** Absent if the targets are URLs of other servers. */
	readonly scenario: BenchScenario | undefined;
	readonly flagdl: Flagdl;
	readonly seed: number;
}

/** @throws {CannotRunError} If the bundled server cannot be started, or has gone. */
export async function measure(bench: Bench): Promise<Measured> {
	const { flags, io, notes, seed } = bench;
	const [command = '', ...args] = io.argv;
	const startedAt = new Date().toISOString();
	const environment = await describeEnvironment();
	const server = await serverFor(bench);
	try {
		const targets = await bench.targets.from(server?.url);
		const planned = plannedFor(bench, targets);
		const rounds = flags.rounds ?? (flags.quick ? QUICK_ROUNDS : ROUNDS);
		const { undetectable = new Set() } = planned;
		const { cells, runs } = await runFor(bench, { undetectable, targets, server, rounds });
		return {
			v: RESULTS_VERSION,
			version: VERSION,
			startedAt,
			endedAt: new Date().toISOString(),
			// A command line that repeats the bench.
			command: commandLineWithoutSecrets(
				flags.seed === undefined ? [command, '--seed', String(seed), ...args] : io.argv,
			),
			partial: runs.length < rounds * cells.length,
			quick: flags.quick ?? false,
			rounds,
			seed,
			work: {
				files: targets.map(({ id, url, bytes }) => ({
					id,
					url: server === undefined ? url : new URL(url).pathname,
					...(bytes !== undefined && { bytes }),
				})),
				...(planned.scenario && { scenario: planned.scenario }),
				...(flags.rate && { rate: flags.rate }),
			},
			environment,
			cells,
			runs,
			notes,
		};
	} finally {
		await server?.stop();
	}
}

async function serverFor(bench: Bench): Promise<ServerProcess | undefined> {
	const { scenario, flagdl, seed, flags, io } = bench;
	const { root, tls } = flags;
	if (scenario === undefined) {
		return undefined;
	}
	const options = { scenario: scenario.asGiven, seed, root, tls, cwd: io.cwd };
	return await startServer(flagdl, options).catch((cause: unknown) => {
		throw new CannotRunError(`the bundled server: ${(cause as Error).message}`, { cause });
	});
}

function plannedFor(
	{ scenario, flags, targets: { manifest } }: Bench,
	targets: readonly WorkTarget[],
): Partial<ReturnType<typeof planWork>> {
	return scenario === undefined
		? {}
		: planWork(scenario.scenario, targets, [1, ...flags.concurrency], manifest);
}

async function runFor(
	{ io, scenario, contestants, seed, targets: { manifest } }: Bench,
	setting: Pick<Experiment, 'targets' | 'server' | 'rounds' | 'undetectable'>,
): ReturnType<typeof runExperiment> {
	const { targets, server, rounds } = setting;
	if (server === undefined) {
		const cells = contestants.flatMap(({ concurrencies }) => concurrencies).length;
		const requests = plural(targets.length * (rounds * cells + contestants.length), 'request');
		io.stderr.write(`This will send about ${requests} to ${hostsOf(targets)}.\n`);
	}

	const progress = await createProgress(io);
	try {
		return await runExperiment({
			...setting,
			contestants,
			seed,
			decide: scenario && createDecide(scenario.scenario, manifest?.files),
			expected: new Map(targets.flatMap(({ id, sha256 }) => (sha256 ? [[id, sha256]] : []))),
			signal: io.interrupted,
			onProgress: (step) => progress.step(step),
		});
	} finally {
		progress.stop();
	}
}

function hostsOf(targets: readonly WorkTarget[]): string {
	const hosts = [...new Set(targets.map(({ url }) => new URL(url).host))];
	return hosts.length <= 3 ? hosts.join(', ') : `${hosts.length} hosts`;
}

const PROBES = 15;
const PROBE_MS = 10;

async function describeEnvironment(): Promise<Environment> {
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
