import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/bench/analysis/analysis.ts';
import { lastLine, terminalReport } from '../../../src/bench/report/terminal.ts';
import type { Measured } from '../../../src/bench/results.ts';
import { NO_PAINT, type Paint } from '../../../src/reporters/output.ts';
import { makeMeasured } from '../make-measured.ts';

const WALLS = {
	'sequential@1': [6300, 6310, 6290, 6305, 6302, 6301, 6299],
	'threads@8': [900, 905, 890, 910, 902, 899, 901],
	'threads@32': [350, 340, 345, 360, 352, 349, 351],
	'async@8': [850, 855, 840, 860, 852, 849, 851],
	'async@32': [250, 240, 245, 260, 252, 249, 251],
};

function report(measured: Measured, columns: number): string {
	return terminalReport(measured, analyse(measured), { columns, paint: NO_PAINT });
}

function lines(measured: Measured, columns: number): readonly string[] {
	return report(measured, columns).split('\n');
}

describe('the report for a terminal', () => {
	it.each([40, 80, 100, 200])('keeps within %i columns, and within 100', (columns) => {
		const widest = Math.max(...lines(makeMeasured({ walls: WALLS }), columns).map(width));

		expect(widest).toBeLessThanOrEqual(Math.min(100, columns));
	});

	it.each([40, 80, 100])('has processor time and memory at %i columns: they decide', (columns) => {
		expect(report(makeMeasured({ walls: WALLS }), columns)).toMatch(/^strategy .* CPU +memory/m);
	});

	it('ends with what to use, in one line for programs', () => {
		const measured = makeMeasured({ walls: WALLS });
		const text = lastLine(analyse(measured), { columns: Infinity, paint: NO_PAINT });

		expect(text).toBe('\nUse: async -c 32 (25 × sequential; 1.4 × threads)\n');
	});

	it('has the colour for the recommended cell, and the rest is dim', () => {
		const paint: Paint = {
			...NO_PAINT,
			good: (text) => `<${text}>`,
			dim: (text) => `(${text})`,
		};
		const measured = makeMeasured({ walls: WALLS });
		const text = terminalReport(measured, analyse(measured), { columns: 80, paint });

		expect(text.match(/^<async +32 .*>$/gm)).toHaveLength(2);
		expect(text.match(/^\((sequential|threads|async) .*\)$/gm)).toHaveLength(8);
	});

	it('says how the numbers came about: table, bars, verdict, command', () => {
		expect(report(makeMeasured({ walls: WALLS }), 100)).toMatchInlineSnapshot(`
			"24 files (24 kB), 7 rounds, 35 runs, scenario clean: For tests.

			strategy    slots    time     CPU  memory     ±  of ideal  bound by    p50    p95  start  process
			sequential      1  6.30 s  250 ms  100 MB  <1 %      19 %  unknown   50 ms  50 ms  10 ms    6.6 s
			threads         8  901 ms  250 ms  100 MB  <1 %      17 %  unknown   50 ms  50 ms  10 ms    1.2 s
			threads        32  350 ms  250 ms  100 MB   1 %      14 %  unknown   50 ms  50 ms  10 ms   650 ms
			async           8  851 ms  250 ms  100 MB  <1 %      18 %  unknown   50 ms  50 ms  10 ms    1.2 s
			async          32  250 ms  250 ms  100 MB   1 %      20 %  unknown   50 ms  50 ms  10 ms   550 ms

			times as fast as sequential: █ at least, ░ at most (95 % interval)
			sequential 1  ██                                                    1 ×
			threads 8     █████████████▌                                      7.0 ×  7.0
			threads 32    ██████████████████████████████████▍                  18 ×  18
			async 8       ██████████████▎                                     7.4 ×  7.4
			async 32      ███████████████████████████████████████████████▉░░   25 ×  25 to 26

			async (32 slots) is 25 to 26 times as fast as sequential (7 of 7 rounds).
			async is 1.4 times as fast as threads with 32 slots each (7 of 7 rounds).
			async (32 slots) is 3.3 to 3.5 times as fast as async (8 slots) (7 of 7 rounds).

			7 milder outliers marked and kept.
			p99 is left out: 168 requests do not support it (500 would).

			Again: flagdl bench --seed 1
			"
		`);
	});

	it('names runs that failed, outliers, interruptions and quick benches', () => {
		const measured = makeMeasured({
			walls: { ...WALLS, 'async@32': [...WALLS['async@32'].slice(0, 6), 500] },
			measured: { partial: true, quick: true, rounds: 9, notes: ['wget2 is not here.'] },
			run: ({ round }, { id }) =>
				id === 'threads@8' && round === 3
					? { status: 'failed', failure: '2 wrong files: BR, IN', files: 24 }
					: {},
		});
		const text = report(measured, 100).replaceAll('\n', ' ');

		expect(text).toContain('Interrupted in round 7 of 9');
		expect(text).toContain('Quick: intervals of 9 rounds');
		expect(text).toContain(
			'threads: 1 of 14 runs not counted, first threads@8 in round 3: 2 wrong files: BR, IN.',
		);
		expect(text).toContain('Outlier, kept: round 7, async@32, +100 %: nothing unusual.');
		expect(text).toContain('wget2 is not here.');
		expect(report(measured, 100)).toMatch(/^strategy .* bad /m);
	});

	it('gives no verdict where the server was the bottleneck', () => {
		const measured = makeMeasured({
			walls: WALLS,
			run: () => ({ server: { utilization: 0.9, requests: 24, refused: 0, maxInFlight: 8 } }),
		});

		const screen = { columns: 100, paint: NO_PAINT };
		expect(lastLine(analyse(measured), screen)).toMatch(
			/^\nNo verdict: the server was the bottleneck/,
		);
		expect(report(measured, 100)).toContain('Not compared, since the server was the bottleneck');
		expect(report(measured, 100)).not.toContain('as fast as async');
	});
});

function width(line: string): number {
	return Array.from(line).length;
}
