import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/bench/analysis/analysis.ts';
import { makeMeasured } from '../make-measured.ts';

const SEQUENTIAL = [1300, 1290, 1310, 1305, 1295, 1302, 1299];
const ASYNC = [200, 199, 203, 201, 198, 202, 200];
const THREADS = [260, 259, 270, 262, 258, 261, 263];

function cellOf(analysis: ReturnType<typeof analyse>, id: string) {
	const cell = analysis.cells.find((one) => one.cell.id === id);
	if (cell === undefined) {
		throw new Error(`no cell ${id}`);
	}
	return cell;
}

describe('analyse', () => {
	it('compares each cell with one file at a time, within rounds', () => {
		const analysis = analyse(
			makeMeasured({ walls: { 'async@8': ASYNC, 'sequential@1': SEQUENTIAL } }),
		);

		expect(analysis.baseline).toBe('sequential@1');
		expect(cellOf(analysis, 'sequential@1').speedUp).toBeUndefined();
		const { speedUp, time } = cellOf(analysis, 'async@8');
		expect(time).toEqual({ medianMs: 200, minMs: 198, maxMs: 203, spread: 0.005 });
		expect(speedUp?.ratio).toBeCloseTo(6.5, 1);
		expect(speedUp).toMatchObject({ rounds: 7, longer: 7, interval: { method: 'signed-rank' } });
	});

	it('knows the ideal to the millisecond where the latency is constant', () => {
		const analysis = analyse(
			makeMeasured({ walls: { 'async@8': ASYNC, 'async@7': ASYNC, 'sequential@1': SEQUENTIAL } }),
		);

		expect(cellOf(analysis, 'sequential@1').ideal?.ms).toBe(24 * 50);
		expect(cellOf(analysis, 'async@8').ideal?.ms).toBe(3 * 50);
		expect(cellOf(analysis, 'async@7').ideal?.ms).toBe(4 * 50);
		expect(cellOf(analysis, 'async@8').efficiency).toBeCloseTo(0.75, 2);
		expect(cellOf(analysis, 'sequential@1').boundBy).toBe('latency');
	});

	it('averages in no run that failed, and none that did not do all the work', () => {
		const analysis = analyse(
			makeMeasured({
				walls: { 'sequential@1': SEQUENTIAL, 'async@8': [1, ...ASYNC.slice(1)] },
				run: ({ round }, { name }) =>
					name === 'async' && round === 1
						? { status: 'failed', failure: '3 wrong files', files: 24 }
						: name === 'async' && round === 2
							? { status: 'incomplete', failure: '23 of 24 files', files: 23 }
							: {},
			}),
		);

		const { good, bad, time, speedUp } = cellOf(analysis, 'async@8');
		expect([good, bad]).toEqual([5, 2]);
		expect(time?.minMs).toBe(198);
		expect(speedUp?.rounds).toBe(5);
	});

	it('leaves out percentiles that too few requests support', () => {
		const { latency, latencies } = cellOf(
			analyse(makeMeasured({ walls: { 'async@8': ASYNC } })),
			'async@8',
		);

		expect(latencies).toBe(7 * 24);
		expect(latency.map(({ p, ms }) => [p, ms])).toEqual([
			[0.5, 50],
			[0.9, 50],
			[0.95, 50],
			[0.99, undefined],
		]);
	});

	it('takes the time of processes where nothing else is known of a peer', () => {
		const analysis = analyse(
			makeMeasured({
				walls: { 'async@8': ASYNC, 'curl@8': THREADS },
				run: (run, { kind }) => {
					const { wallMs: _, server: __, ...rest } = run;
					return kind === 'peer' ? { ...rest, attempts: [], wallMs: undefined as never } : {};
				},
			}),
		);

		expect(analysis.clock).toBe('processMs');
		expect(cellOf(analysis, 'async@8').time?.medianMs).toBe(500);
		expect(cellOf(analysis, 'curl@8').ideal).toBeUndefined();
	});

	it('counts against the ideal neither what a limit refused nor the pause of its origin', () => {
		const analysis = analyse(
			makeMeasured({
				walls: { 'async@8': [2200, 2200, 2200] },
				files: 1,
				run: ({ attempts: [first] }) => ({
					attempts: [
						{
							...(first as NonNullable<typeof first>),
							status: 429,
							code: 'http_429',
							refused: true,
						},
						{
							...(first as NonNullable<typeof first>),
							number: 2,
							waitedMs: 2000,
							startMs: 2050,
							endMs: 2100,
						},
					],
					server: { utilization: 0.1, requests: 2, refused: 1, maxInFlight: 1 },
				}),
			}),
		);

		const { ideal, boundBy } = cellOf(analysis, 'async@8');
		expect(ideal?.ms).toBe(50);
		expect(boundBy).toBe('rate limit');
	});

	it('takes for the back-off of a retry the least that any run waited', () => {
		const analysis = analyse(
			makeMeasured({
				walls: { 'async@8': [600, 700, 800] },
				files: 1,
				run: ({ round, attempts: [first] }) => ({
					attempts: [
						{ ...(first as NonNullable<typeof first>), status: 503, code: 'http_503' },
						{
							...(first as NonNullable<typeof first>),
							number: 2,
							waitedMs: 300 + 100 * round,
							startMs: 350 + 100 * round,
							endMs: 400 + 100 * round,
						},
					],
				}),
			}),
		);

		expect(cellOf(analysis, 'async@8').ideal).toMatchObject({ ms: 500, limit: 'back-off' });
	});

	it('marks an outlier and says what was seen of it', () => {
		const analysis = analyse(
			makeMeasured({
				walls: { 'async@8': [...ASYNC.slice(0, 6), 400] },
				run: ({ round }) =>
					round === 7 ? { eventLoopDelay: { p50Ms: 1, p99Ms: 30, maxMs: 38 } } : {},
			}),
		);

		expect(cellOf(analysis, 'async@8').outliers).toEqual([
			{ round: 7, outlier: 'severe', factor: 1.99, seen: 'event loop held up 38 ms' },
		]);
		expect(cellOf(analysis, 'async@8').time?.maxMs).toBe(400);
	});
});
