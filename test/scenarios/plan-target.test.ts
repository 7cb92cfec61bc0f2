import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenarios/load-scenario.ts';
import { type PlanOptions, planRun } from '../../src/scenarios/plan-run.ts';

const FILE = '/flags/br/metadata.json';

/** Plans a file of 1,000 bytes, with a latency of 10 ms. */
function target(
	rules: readonly object[],
	options: Partial<PlanOptions> = {},
	path = FILE,
): ReturnType<typeof planRun>['targets'][number] | undefined {
	const scenario = parseScenario({
		version: 1,
		latency: '10ms',
		rules: rules.map((rule, index) => ({ id: `r${index}`, attempts: '1', ...rule })),
	});
	return planRun(scenario, [path], { retries: 1, bytesOf: () => 1000, ...options }).targets[0];
}

const firstOf = (...[then, options]: [object | readonly object[], Partial<PlanOptions>?]) =>
	target(
		[then].flat().map((each) => ({ then: each })),
		options,
	)?.attempts[0];

const slow = { type: 'bandwidth', rate: '10kB/s' };
const pause = { type: 'delay', time: '20ms', at: 'after-headers' };

describe('an attempt lasts as long as its latency, its pauses and its body', () => {
	it.each<[object, number, string]>([
		[{ type: 'corrupt' }, 130, 'the whole body'],
		[{ type: 'keepalive-race' }, 130, 'the whole body'],
		[{ type: 'continue' }, 130, 'the whole body'],
		[{ type: 'range', with: 'slice-as-200' }, 130, 'the whole body'],
		[{ type: 'trailing' }, 130, 'the whole body'],
		[{ type: 'malformed', what: 'content-length-twice' }, 130, 'the whole body'],
		[{ type: 'cookie-wall' }, 140, 'two latencies and the whole body'],
		[{ type: 'redirect', hops: 3 }, 160, 'four latencies and the whole body'],
		[{ type: 'redirect', hops: 'endless' }, 20, 'two latencies'],
		[{ type: 'status', status: 500 }, 10, 'its latency'],
		[{ type: 'substitute', with: 'html-200' }, 10, 'its latency'],
		[{ type: 'encoded', coding: 'gzip' }, 10, 'its latency'],
		[{ type: 'restart' }, 10, 'its latency'],
		[{ type: 'malformed', what: 'chunk' }, 10, 'its latency'],
		[{ type: 'malformed', what: 'status-line' }, 10, 'its latency'],
		[{ type: 'reset' }, 10, 'its latency'],
		[{ type: 'close', at: 'after-headers' }, 10, 'its latency'],
		[{ type: 'reset', at: { bytes: '100B' } }, 40, 'what is sent'],
		[{ type: 'close', at: { fraction: 0.5 } }, 80, 'what is sent'],
		[{ type: 'truncate', at: { fraction: 0.1 } }, 40, 'what is sent'],
		[{ type: 'stall', at: { fraction: 0.1 } }, 2040, 'what is sent, and the patience with silence'],
		[{ type: 'stall' }, 2010, 'its latency, and the patience with silence'],
	])('%j takes %i ms: %s', (fault, ms) => {
		expect(firstOf([slow, pause, fault], { stallTimeMs: 2000 })?.durationMs).toBe(ms);
	});

	it.each<[string, readonly object[], number]>([
		['two pauses', [pause, pause], 50],
		['no limit', [], 10],
		['the slower of two limits', [slow, { type: 'bandwidth', rate: '5kB/s' }], 210],
		['a slow end', [slow, { ...slow, rate: '1kB/s', after: { fraction: 0.9 } }], 10 + 90 + 100],
		[
			'a slow end that is never reached',
			[
				slow,
				{ ...slow, rate: '1kB/s', after: { fraction: 0.9 } },
				{ type: 'truncate', at: { fraction: 0.1 } },
			],
			20,
		],
		['a slow end of fast bytes', [{ ...slow, rate: '1kB/s', after: { bytes: '900B' } }], 110],
	])('with %s', (_, faults, ms) => {
		expect(firstOf(faults)?.durationMs).toBe(ms);
	});

	it('and its body none, where the size of no file is known', () => {
		const scenario = parseScenario({ version: 1, limits: { bandwidth: '1B/s' } });

		expect(planRun(scenario, ['br'], { retries: 0 }).targets[0]?.attempts[0]?.durationMs).toBe(0);
	});
});

describe('the patience of a client ends an attempt', () => {
	const rate = (bytesPerSecond: number, after?: object) => ({
		type: 'bandwidth',
		rate: `${bytesPerSecond}B/s`,
		...(after && { after }),
	});
	const late = (at: string) => ({ type: 'delay', time: '2s', at });

	it.each<[string, readonly object[], Partial<PlanOptions>, object]>([
		['a latency as long', [late('before-headers')], { stallTimeMs: 2010 }, stalled(2010)],
		['a pause as long', [late('after-headers')], { stallTimeMs: 2000 }, stalled(2000)],
		['a pause shorter', [late('after-headers')], { stallTimeMs: 2001 }, whole(2010)],
		[
			'a pause that is never met',
			[late('after-headers'), { type: 'status', status: 404 }],
			{ stallTimeMs: 2000 },
			{ durationMs: 10, result: 'not_found' },
		],
		['a body below 100 B/s for 30 s', [rate(33)], {}, tooSlow(30_010)],
		['a body below 100 B/s for less', [rate(34)], {}, whole(10 + 1e6 / 34)],
		['a body below 100 B/s, and patience', [rate(11)], { stallTimeMs: 80_000 }, tooSlow(80_010)],
		['a steady body', [rate(100)], { bytesOf: () => 10_000 }, whole(100_010)],
		['an end below 100 B/s', [rate(10, { fraction: 0.5 })], {}, tooSlow(30_010)],
		['an end below it for less', [rate(10, { fraction: 0.8 })], {}, whole(20_010)],
		[
			'a slow end of a steady body',
			[rate(1000), rate(50, { fraction: 0.5 })],
			{ bytesOf: () => 100_000 },
			tooSlow(80_010),
		],
		[
			'a steady end',
			[rate(1000), rate(100, { fraction: 0.5 })],
			{ bytesOf: () => 100_000 },
			whole(550_010),
		],
		[
			'a latency as long, before a stall',
			[late('before-headers'), { type: 'stall' }],
			{ stallTimeMs: 2010 },
			stalled(2010),
		],
		['a body below 100 B/s, whatever its pause', [pause, rate(10)], {}, tooSlow(30_010)],
		['a body below 100 B/s for 30 s sharp', [rate(30)], { bytesOf: () => 900 }, whole(30_010)],
		[
			'an end below 100 B/s for 30 s sharp',
			[rate(30, { fraction: 0.5 })],
			{ bytesOf: () => 1800 },
			whole(30_010),
		],
		['a limit as long', [rate(1000)], { maxTimeMs: 1010 }, maxTime(1010)],
		['a limit longer', [rate(1000)], { maxTimeMs: 1011 }, whole(1010)],
		['a limit before it is too slow', [rate(10)], { maxTimeMs: 30_010 }, maxTime(30_010)],
		['a limit after it is too slow', [rate(10)], { maxTimeMs: 30_011 }, tooSlow(30_010)],
	])('%s', (_, faults, options, expected) => {
		expect(firstOf(faults, options)).toMatchObject(expected);
	});

	function stalled(durationMs: number) {
		return { durationMs, result: 'failed', code: 'stalled' };
	}
	function tooSlow(durationMs: number) {
		return { durationMs, result: 'failed', code: 'too_slow' };
	}
	function maxTime(durationMs: number) {
		return { durationMs, result: 'failed', code: 'max_time' };
	}
	function whole(durationMs: number) {
		return { durationMs: expect.closeTo(durationMs) as unknown, result: 'ok' };
	}
});

describe('Retry-After', () => {
	const status = (code: number) => ({ type: 'status', status: code, retryAfter: '3s' });

	it.each([
		[429, 3000],
		[503, 3000],
		[500, undefined],
		[404, undefined],
	])('of %i is waited for: %s', (code, waitMs) => {
		expect(firstOf(status(code))?.waitMs).toBe(waitMs);
	});

	it('is for nothing after the last attempt, and nothing without it', () => {
		const attempts = target([{ attempts: '*', then: status(503) }])?.attempts;

		expect(attempts?.map(({ waitMs }) => waitMs)).toEqual([3000, undefined]);
		expect(attempts?.[1]).not.toHaveProperty('waitMs');
		expect(firstOf({ type: 'status', status: 503 })).not.toHaveProperty('waitMs');
	});
});

describe('a target', () => {
	const known = { sha256Of: (path: string) => `sha256 of ${path}` };

	it('has the size and the SHA-256 of what a correct client ends with', () => {
		expect(target([], known)).toStrictEqual({
			id: FILE,
			path: FILE,
			status: 'ok',
			requests: 1,
			bytes: 1000,
			sha256: `sha256 of ${FILE}`,
			attempts: [{ number: 1, latencyMs: 10, durationMs: 10, requests: 1, result: 'ok' }],
		});
		expect(target([])).not.toHaveProperty('bytes');
	});

	it.each<[object, object]>([
		[
			{ type: 'corrupt', digest: false },
			{ status: 'ok', undetectable: true },
		],
		[
			{ type: 'status', status: 404 },
			{ status: 'not_found', code: 'http_404' },
		],
		[
			{ type: 'status', status: 403 },
			{ status: 'error', code: 'http_403' },
		],
	])('has neither where it ends with %j', (then, expected) => {
		const found = target([{ then }], known);

		expect(found).toMatchObject(expected);
		expect(found).not.toHaveProperty('bytes');
		expect(found).not.toHaveProperty('sha256');
	});

	it('that the server does not have takes a request and no time', () => {
		expect(target([{ then: { type: 'reset' } }], known, '/flags/xx/xx.gif')?.attempts).toEqual([
			{
				number: 1,
				latencyMs: 0,
				durationMs: 0,
				requests: 1,
				result: 'not_found',
				code: 'http_404',
			},
		]);
	});

	it('is what is known of it, before its name', () => {
		const then = { type: 'substitute', with: 'other-file' };
		const resultOf = (traits: object) =>
			firstOf(then, { traitsOf: (path) => (path === FILE ? traits : {}) })?.result;

		expect([resultOf({}), resultOf({ hasOther: false })]).toEqual(['failed', 'ok']);
		expect(target([], { traitsOf: () => ({ bytes: 0 }) })?.status).toBe('ok');
		expect(target([], { traitsOf: () => ({ bytes: 0, isImage: true }) })?.code).toBe('empty_body');
	});
});
