import { describe, expect, it } from 'vitest';
import { type Analysis, analyse } from '../../../src/bench/analysis/analysis.ts';
import { randomStream } from '../../../src/bench/experiment/experiment.ts';
import type { Cell, Run } from '../../../src/bench/results.ts';
import { simulate, type World } from '../../statistics/simulate.ts';
import { makeMeasured } from '../make-measured.ts';

const SEQUENTIAL = [1300, 1290, 1310, 1305, 1295, 1302, 1299];
const ASYNC = [200, 199, 203, 201, 198, 202, 200];
const THREADS = [260, 259, 270, 262, 258, 261, 263];
/** As fast as `ASYNC`, within 1 %. */
const SAME = [201, 198, 203, 199, 202, 197, 204];
/** Between 30 % faster and 30 % slower than `ASYNC`. */
const NOISY = [260, 150, 250, 155, 240, 160, 245];

type Walls = Readonly<Record<string, readonly number[]>>;

function textOf(walls: Walls, run?: (run: Run, cell: Cell) => Partial<Run>): string {
	return analyse(makeMeasured({ walls, ...(run && { run }) })).recommendation.text;
}

function pairsOf({ judgements }: Analysis): readonly (readonly string[])[] {
	return judgements.map(({ kind, winner, other }) => [kind, winner.id, other.id]);
}

/** Almost doubles the processor time of worker threads. */
function dearThreads({ cpuMs = 0 }: Run, { name }: Cell): Partial<Run> {
	return name === 'threads' ? { cpuMs: cpuMs * 1.9 } : {};
}

describe('the recommendation', () => {
	it('names on a tie what takes less processor time, and by how much', () => {
		const walls = { 'sequential@1': SEQUENTIAL, 'threads@8': ASYNC, 'async@8': SAME };

		expect(textOf(walls, dearThreads)).toBe(
			'Use: async -c 8 (6.5 × sequential; threads is not faster and takes 1.9 × the processor time)',
		);
	});

	it('says how far a tie is known, if that is not far', () => {
		expect(textOf({ 'threads@8': NOISY, 'async@8': ASYNC }, dearThreads)).toMatch(
			/^Use: async -c 8 \(threads is equally fast within ±\d\d % and takes 1\.9 × the processor time\)$/,
		);
	});

	it('says that nothing is known if that is so', () => {
		const wild = [900, 90, 800, 95, 700, 85, 600];

		expect(textOf({ 'sequential@1': SEQUENTIAL, 'threads@8': wild, 'async@8': ASYNC })).toBe(
			'Use: async -c 8 (6.5 × sequential; threads cannot be told apart in 7 rounds)',
		);
	});

	it('takes the faster one although it takes more processor time', () => {
		expect(textOf({ 'threads@8': ASYNC, 'async@8': THREADS }, dearThreads)).toBe(
			'Use: threads -c 8 (1.3 × async)',
		);
	});

	it('takes as few slots as are as fast', () => {
		const { recommendation, judgements } = analyse(
			makeMeasured({
				walls: { 'async@1': SEQUENTIAL, 'async@8': SAME, 'async@32': ASYNC },
			}),
		);

		expect(recommendation).toMatchObject({
			cell: 'async@8',
			options: ['--strategy', 'async', '--concurrency', '8'],
		});
		expect(judgements.map(({ kind, other }) => [kind, other.id])).toEqual([
			['as-fast', 'async@32'],
		]);
	});

	it('is sequential if nothing is faster', () => {
		const walls = { 'sequential@1': ASYNC, 'async@8': SAME };

		expect(textOf(walls, (_, { name }) => ({ cpuMs: name === 'async' ? 300 : 200 }))).toBe(
			'Use: sequential (async is not faster and takes 1.5 × the processor time)',
		);
	});

	it('says that a peer is faster, and not that one is slower', () => {
		const walls = { 'async@8': ASYNC, 'curl@8': ASYNC.map((ms) => ms / 2), 'aria2c@8': THREADS };

		expect(textOf(walls)).toBe('Use: async -c 8 (curl is 2.0 × as fast)');
	});

	it('prefers what is faster as a whole process if the start decides', () => {
		const slowStart = (run: Run, { name }: Cell) =>
			name === 'threads' ? { cpuMs: 500, processMs: (run.wallMs ?? 0) + 900 } : {};

		expect(textOf({ 'threads@8': ASYNC, 'async@8': THREADS }, slowStart)).toBe(
			'Use: async -c 8 (threads is 1.3 × as fast without its start)',
		);
	});

	it('leaves out a strategy with runs that failed', () => {
		const broken = ({ round }: Run, { name }: Cell) =>
			name === 'threads' && round === 3 ? ({ status: 'failed', failure: 'x' } as const) : {};

		expect(textOf({ 'threads@8': ASYNC, 'async@8': THREADS }, broken)).toMatch(/^Use: async -c 8 /);
		expect(textOf({ 'threads@8': ASYNC }, broken)).toBe(
			'No verdict: every strategy had runs that failed.',
		);
	});
});

describe('no verdict', () => {
	it('is given if the server was the bottleneck where it counts', () => {
		const busyAt =
			(slots: number) =>
			(_: Run, { concurrency }: Cell) => ({
				server: {
					utilization: concurrency === slots ? 0.85 : 0.1,
					requests: 24,
					refused: 0,
					maxInFlight: concurrency,
				},
			});
		const walls = { 'sequential@1': SEQUENTIAL, 'threads@32': THREADS, 'async@32': ASYNC };
		const analysis = analyse(makeMeasured({ walls, run: busyAt(32) }));

		expect(analysis.judgements).toEqual([]);
		expect(analysis.recommendation).toEqual({
			text: 'No verdict: the server was the bottleneck (threads -c 32, async -c 32).',
			reason: 'server',
		});
		expect(analysis.cells.map(({ boundBy }) => boundBy)).toEqual(['latency', 'server', 'server']);
		// If the server was not the bottleneck for one of them, the others can be compared.
		expect(textOf(walls, busyAt(1))).toMatch(/^Use: async -c 32 /);
	});

	it('is given for two rounds', () => {
		const { recommendation } = analyse(
			makeMeasured({ walls: { 'async@8': [100, 100], 'threads@8': [200, 200] } }),
		);

		expect(recommendation).toMatchObject({ reason: 'too-few-rounds' });
		expect(recommendation.text).toMatch(
			/too few rounds for an interval .*fastest so far: async -c 8/,
		);
	});

	it('is given if there is nothing to compare', () => {
		expect(textOf({ 'async@8': ASYNC })).toBe(
			'No verdict: nothing to compare async -c 8 with; name more strategies or more slots.',
		);
		expect(textOf({ 'async@8': ASYNC }, () => ({ status: 'failed' }))).toBe(
			'No verdict: no run was complete.',
		);
	});
});

describe('judgements', () => {
	it('are made at the same concurrency, and of the slots of the same strategy', () => {
		const analysis = analyse(
			makeMeasured({
				walls: {
					'sequential@1': SEQUENTIAL,
					'threads@8': THREADS,
					'threads@32': THREADS.map((ms) => ms / 4),
					'async@8': ASYNC,
					'async@32': ASYNC.map((ms) => ms / 4),
					'curl@32': THREADS,
				},
			}),
		);

		expect(pairsOf(analysis)).toEqual([
			['faster', 'async@32', 'sequential@1'],
			['faster', 'async@32', 'threads@32'],
			['faster', 'async@32', 'async@8'],
			['faster', 'async@32', 'curl@32'],
		]);
	});

	it('name no difference within the margin', () => {
		const walls = { 'async@8': ASYNC, 'threads@8': ASYNC.map((ms) => ms * 1.015) };
		const measured = makeMeasured({ walls });

		expect(pairsOf(analyse(measured))).toEqual([['as-fast', 'async@8', 'threads@8']]);
		expect(pairsOf(analyse(measured, 0.01))).toEqual([['faster', 'async@8', 'threads@8']]);
	});
});

describe('a strategy against itself', () => {
	const BENCHES = 1000;
	/** Number of claimed differences in 1,000 benches with two names for the same strategy. */
	function claims(world: World): number {
		const random = randomStream(17);
		let named = 0;
		for (let bench = 0; bench < BENCHES; bench += 1) {
			const time = simulate(1, 7, world, random);
			const cpu = simulate(1, 7, { ...world, noise: world.noise / 2 }, random);
			const walls = { 'async@8': time.map(([a]) => a), 'async (2)@8': time.map(([, b]) => b) };
			const { judgements } = analyse(
				makeMeasured({
					walls,
					files: 1,
					run: ({ round, wallMs = 0 }, { name }) => ({
						cpuMs: cpu[round - 1]?.[name === 'async' ? 0 : 1] ?? 0,
						processMs: wallMs + 300,
					}),
				}),
			);
			const [one] = judgements;
			if (
				one?.kind === 'faster' ||
				one?.cheaper !== undefined ||
				one?.fasterProcess !== undefined
			) {
				named += 1;
			}
		}
		return named;
	}

	// One in 20 would be 50 of 1,000.
	it.each([
		['a quiet machine', { noise: 0.01, drift: 0, outlierShare: 0, outlierFactor: 1 }],
		['a usual machine', { noise: 0.04, drift: 0.05, outlierShare: 0.05, outlierFactor: 1.5 }],
		['a busy machine', { noise: 0.2, drift: 0.1, outlierShare: 0.1, outlierFactor: 2 }],
	] as const)('is different in fewer than 3 of 100 benches on %s', (_, world) => {
		expect(claims(world)).toBeLessThan(0.03 * BENCHES);
	});

	it('is found to be different if it is: 10 % on a quiet machine', () => {
		const world = { noise: 0.01, drift: 0.05, outlierShare: 0, outlierFactor: 1 };
		const random = randomStream(17);
		const found = Array.from({ length: 200 }, () => {
			const time = simulate(1.1, 7, world, random);
			const walls = { 'async@8': time.map(([a]) => a), 'async (2)@8': time.map(([, b]) => b) };
			return analyse(makeMeasured({ walls, files: 1 })).judgements[0]?.kind;
		});

		expect(found.filter((kind) => kind === 'faster').length).toBeGreaterThan(190);
	});
});
