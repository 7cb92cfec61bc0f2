import { describe, expect, it } from 'vitest';
import { segmentsOf } from '../../../src/bench/page/phases.ts';
import { coloursOf } from '../../../src/bench/page/style.ts';
import { linearScale, logScale } from '../../../src/bench/page/svg.ts';
import { lanesOf } from '../../../src/bench/page/waterfall.ts';
import { slotEndMs } from '../../../src/bench/results.ts';
import { escapeXml } from '../../../src/util/text.ts';
import { makeAttempt } from '../make-measured.ts';

describe('lanesOf', () => {
	it('gives what overlaps different lanes, and what follows the lane that is free', () => {
		expect(
			lanesOf([
				[0, 100],
				[0, 50],
				[50, 70],
			]),
		).toEqual([0, 1, 1]);
	});

	it('needs no more lanes than there were slots, in whatever order requests are listed', () => {
		const attempts = Array.from({ length: 64 }, (_, at) =>
			makeAttempt(at, Math.floor(at / 8) * 50, 50),
		).reverse();

		expect(new Set(lanesOf(attempts.map((one) => [one.startMs, one.endMs]))).size).toBe(8);
	});
});

describe('slotEndMs', () => {
	it('is the last byte of what is saved afterwards, and the end of what is not', () => {
		const saved = { ...makeAttempt(0, 0, 50), writtenMs: 90, endMs: 90 };
		const { writtenMs: _, ...failed } = saved;

		expect(slotEndMs(saved)).toBe(50);
		expect(slotEndMs(failed)).toBe(90);
	});
});

describe('segmentsOf', () => {
	it('splits a request into its phases, without those that took no time', () => {
		expect(
			segmentsOf({
				...makeAttempt(0, 10, 50),
				connectedMs: 14,
				headersMs: 60,
				bodyMs: 60,
				writtenMs: 63,
			}),
		).toEqual([
			{ phase: 'connecting', fromMs: 10, toMs: 14 },
			{ phase: 'first', fromMs: 14, toMs: 60 },
			{ phase: 'writing', fromMs: 60, toMs: 63 },
		]);
	});

	it('shows a failure as one, whatever came before it', () => {
		expect(segmentsOf({ ...makeAttempt(0, 10, 50), status: 503, code: 'http_503' })).toEqual([
			{ phase: 'failed', fromMs: 10, toMs: 60 },
		]);
	});
});

describe('scales', () => {
	it('put their ends at the ends, and ticks at round values within', () => {
		const x = linearScale([0, 900], [40, 340], 4);

		expect([x(0), x(900)]).toEqual([40, 340]);
		expect(x.ticks).toEqual([0, 250, 500, 750]);
	});

	it('are logarithmic where asked', () => {
		const y = logScale([1, 100], [300, 0]);

		expect(y(10)).toBeCloseTo(150, 9);
		expect(y.ticks).toEqual([1, 2, 5, 10, 20, 50, 100]);
	});
});

it('gives a strategy the same colour whoever else takes part', () => {
	expect(coloursOf(['async', 'curl'])('async')).toBe(
		coloursOf(['curl', 'sequential', 'async'])('async'),
	);
	expect(coloursOf(['async', 'curl'])('curl')).not.toBe(coloursOf(['async', 'curl'])('async'));
});

it('escapes what HTML and XML have a meaning for', () => {
	expect(escapeXml(`<a href="x">'&`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;');
});
