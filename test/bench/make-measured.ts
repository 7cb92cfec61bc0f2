import type { Cell, Measured, Run, RunAttempt } from '../../src/bench/results.ts';

/** Results of a bench with given times. */
export interface Made {
	/** Wall time of each round in milliseconds, by cell id (`async@8`). */
	readonly walls: Readonly<Record<string, readonly number[]>>;
	readonly files?: number;
	readonly latencyMs?: number;
	readonly run?: (run: Run, cell: Cell) => Partial<Run>;
	readonly measured?: Partial<Measured>;
}

export function makeMeasured({
	walls,
	files = 24,
	latencyMs = 50,
	run: change = () => ({}),
	measured = {},
}: Made): Measured {
	const cells = Object.keys(walls).map(cellOf);
	const runs = cells.flatMap((cell, place) =>
		(walls[cell.id] ?? []).map((wallMs, round) => {
			const run = makeRun(cell, { round: round + 1, place: place + 1, wallMs, files, latencyMs });
			return { ...run, ...change(run, cell) };
		}),
	);
	return {
		v: 1,
		version: '0.0.0',
		startedAt: '2026-01-01T00:00:00.000Z',
		endedAt: '2026-01-01T00:01:00.000Z',
		command: 'flagdl bench --seed 1',
		partial: false,
		quick: false,
		rounds: Math.max(...Object.values(walls).map((rounds) => rounds.length)),
		seed: 1,
		work: {
			files: Array.from({ length: files }, (_, at) => ({
				id: `F${at}`,
				url: `/flags/${at}.gif`,
				bytes: 1000,
			})),
			scenario: {
				name: 'clean',
				description: 'For tests.',
				planned: { faults: {}, ok: files, exact: true, idealMs: { '8': 150 } },
			},
		},
		environment: {
			node: 'v20.0.0',
			platform: 'linux x64',
			cpu: 'a processor',
			cores: 2,
			memoryBytes: 2 ** 33,
			timerLatenessMs: 0.2,
		},
		cells,
		runs,
		notes: [],
		...measured,
	};
}

function cellOf(id: string): Cell {
	const [name = '', slots = '1'] = id.split('@');
	const kind = ['curl', 'aria2c', 'wget2'].includes(name) ? 'peer' : 'strategy';
	return { id, name, kind, concurrency: Number(slots), startCpuMs: 200 };
}

interface Shape {
	readonly round: number;
	readonly place: number;
	readonly wallMs: number;
	readonly files: number;
	readonly latencyMs: number;
}

function makeRun({ id, concurrency }: Cell, shape: Shape): Run {
	const { round, place, wallMs, files, latencyMs } = shape;
	return {
		round,
		place,
		cell: id,
		status: 'ok',
		files,
		wallMs,
		startUpMs: 10,
		processMs: wallMs + 300,
		cpuMs: 250,
		maxRssBytes: 100_000_000,
		eventLoopDelay: { p50Ms: 0.1, p99Ms: 2, maxMs: 4 },
		requests: files,
		retries: 0,
		bytes: files * 1000,
		connections: concurrency,
		server: { utilization: 0.1, requests: files, refused: 0, maxInFlight: concurrency },
		attempts: Array.from({ length: files }, (_, file) =>
			makeAttempt(file, Math.floor(file / concurrency) * latencyMs, latencyMs),
		),
	};
}

export function makeAttempt(file: number, startMs: number, latencyMs: number): RunAttempt {
	return {
		file,
		number: 1,
		waitedMs: 0,
		startMs,
		connectedMs: startMs,
		reused: true,
		headersMs: startMs + latencyMs,
		bodyMs: startMs + latencyMs,
		writtenMs: startMs + latencyMs,
		endMs: startMs + latencyMs,
		status: 200,
		bytes: 1000,
		servedMs: latencyMs,
	};
}
