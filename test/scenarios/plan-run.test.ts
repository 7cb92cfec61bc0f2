import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenarios/load-scenario.ts';
import type { Plan } from '../../src/scenarios/plan.ts';
import { checkExpectation, type PlanOptions, planRun } from '../../src/scenarios/plan-run.ts';
import { flagCodes } from '../../src/scenarios/served-files.ts';
import { bundledDocuments } from './documents.ts';

function plan(
	rules: readonly object[],
	targets: readonly string[],
	options: Partial<PlanOptions> = {},
	document: object = {},
): Plan {
	const scenario = parseScenario({ version: 1, rules, ...document });
	return planRun(scenario, targets, { retries: 3, ...options });
}

const fault = (then: object, attempts = '*') => [{ id: 'a', attempts, then }];

describe('what a correct client makes of each fault, met once', () => {
	it.each([
		[{ type: 'status', status: 503 }, 'failed', 'http_503'],
		[{ type: 'status', status: 524 }, 'failed', 'http_524'],
		[{ type: 'status', status: 403 }, 'refused', 'http_403'],
		[{ type: 'status', status: 501 }, 'refused', 'http_501'],
		[{ type: 'status', status: 404 }, 'not_found', 'http_404'],
		[{ type: 'reset' }, 'failed', 'ECONNRESET'],
		[{ type: 'close' }, 'failed', 'connection_closed'],
		[{ type: 'close', at: { fraction: 0.5 } }, 'failed', 'truncated'],
		[{ type: 'stall' }, 'failed', 'stalled'],
		[{ type: 'truncate' }, 'failed', 'truncated'],
		[{ type: 'truncate', framing: 'chunked' }, 'failed', 'truncated'],
		[{ type: 'truncate', framing: 'close-delimited', digest: false }, 'failed', 'truncated'],
		[{ type: 'malformed', what: 'chunk' }, 'failed', 'bad_http'],
		[{ type: 'malformed', what: 'status-line' }, 'failed', 'bad_http'],
		[{ type: 'malformed', what: 'headers-too-large' }, 'refused', 'headers_overflow'],
		[{ type: 'malformed', what: 'content-length-too-small' }, 'failed', 'truncated'],
		[{ type: 'malformed', what: 'content-length-too-large' }, 'failed', 'truncated'],
		[{ type: 'malformed', what: 'content-encoding' }, 'failed', 'content_encoding'],
		[{ type: 'malformed', what: 'content-length-twice' }, 'refused', 'ambiguous_framing'],
		[{ type: 'corrupt' }, 'failed', 'digest_mismatch'],
		[{ type: 'corrupt', digest: false }, 'undetectable', undefined],
		[{ type: 'substitute', with: 'html-200', digest: false }, 'failed', 'content_type'],
		[{ type: 'substitute', with: 'empty-200', digest: false }, 'failed', 'empty_body'],
		[{ type: 'substitute', with: 'no-content-204' }, 'failed', 'empty_body'],
		[{ type: 'substitute', with: 'wrong-type' }, 'failed', 'content_type'],
		[{ type: 'substitute', with: 'other-file' }, 'failed', 'digest_mismatch'],
		[{ type: 'substitute', with: 'other-file', digest: false }, 'undetectable', undefined],
		[{ type: 'redirect', hops: 3 }, 'ok', undefined],
		[{ type: 'redirect', hops: 'endless' }, 'refused', 'redirect_loop'],
		[{ type: 'keepalive-race' }, 'ok', undefined],
		[{ type: 'encoded', coding: 'br' }, 'ok', undefined],
		[{ type: 'encoded', coding: 'gzip', broken: true }, 'failed', 'content_encoding'],
		[{ type: 'continue' }, 'ok', undefined],
		[{ type: 'cookie-wall' }, 'ok', undefined],
	])('%j: %s %s', (then, result, code) => {
		const [target] = plan(fault(then, '1'), ['br']).targets;
		const recovers = result === 'failed';

		expect(target?.attempts[0]).toMatchObject({ number: 1, rule: 'a', fault: then.type, result });
		expect(target?.attempts[0]?.code).toBe(code);
		expect(target?.attempts).toHaveLength(recovers ? 2 : 1);
		expect(target?.status).toBe(
			result === 'refused' ? 'error' : result === 'not_found' ? 'not_found' : 'ok',
		);
		expect(target?.undetectable).toBe(result === 'undetectable' ? true : undefined);
	});

	it.each([
		[{ type: 'corrupt', digest: false }, 'undetectable'],
		[{ type: 'substitute', with: 'html-200', digest: false }, 'undetectable'],
		[{ type: 'substitute', with: 'wrong-type' }, 'ok'],
		[{ type: 'substitute', with: 'empty-200' }, 'failed'],
		[{ type: 'substitute', with: 'empty-200', digest: false }, 'undetectable'],
		[{ type: 'substitute', with: 'no-content-204', digest: false }, 'failed'],
		[{ type: 'truncate', framing: 'close-delimited', digest: false }, 'undetectable'],
		[{ type: 'truncate', framing: 'close-delimited' }, 'failed'],
	])('%j of metadata: %s, as there is no image to look at', (then, result) => {
		const [target] = plan(fault(then), ['/flags/br/metadata.json']).targets;
		expect(target?.attempts[0]?.result).toBe(result);
	});
});

describe('attempts', () => {
	it.each([
		[0, 'error', 1],
		[1, 'error', 2],
		[2, 'ok', 3],
		[9, 'ok', 3],
	])('with %d retries two failures end as %s after %d', (retries, status, requests) => {
		const { targets } = plan(fault({ type: 'reset' }, '1-2'), ['br'], { retries });
		expect(targets[0]).toMatchObject({ status, requests });
	});

	it('that always fail end as an error, with the last code', () => {
		const { targets, totals, requests, retried } = plan(fault({ type: 'stall' }), ['br', 'jp']);

		expect(targets[0]).toMatchObject({ id: 'BR', status: 'error', code: 'stalled', requests: 4 });
		expect(totals).toMatchObject({ ok: 0, error: 2 });
		expect([requests, retried]).toEqual([8, 6]);
	});

	it('count each redirect as a request', () => {
		const { requests } = plan(fault({ type: 'redirect', hops: 2 }, '1'), ['br', 'jp']);
		expect(requests).toBe(6);
		expect(plan(fault({ type: 'redirect', hops: 'endless' }), ['br']).requests).toBe(2);
	});

	it('count the redirect that sets a cookie as a request', () => {
		const { requests } = plan(fault({ type: 'cookie-wall' }), ['br', 'jp']);
		expect(requests).toBe(4);
	});

	it('on what the server does not have end as not found', () => {
		const { targets, totals } = plan(fault({ type: 'reset' }), ['XX', '/flags/xx.gif', 'br'], {
			retries: 0,
		});
		expect(targets.map(({ id, status, requests }) => [id, status, requests])).toEqual([
			['XX', 'not_found', 1],
			['/flags/xx.gif', 'not_found', 1],
			['BR', 'error', 1],
		]);
		expect(totals).toMatchObject({ ok: 0, not_found: 2, error: 1 });
	});

	it('that last longer than a client waits end the attempt', () => {
		const slow = plan([], ['br'], { stallTimeMs: 1_000 }, { latency: '1s' });
		expect(slow.targets[0]).toMatchObject({ status: 'error', code: 'stalled' });

		const trickle = [{ id: 'a', then: { type: 'bandwidth', rate: '1B/s' } }];
		const { targets } = plan(trickle, ['br'], { bytesOf: () => 5_000 });
		expect(targets[0]).toMatchObject({ status: 'error', code: 'too_slow' });

		const steady = [{ id: 'a', then: { type: 'bandwidth', rate: '101B/s' } }];
		const patient = { bytesOf: () => 1_000_000 };
		expect(plan(steady, ['br'], patient).targets[0]).toMatchObject({ status: 'ok' });
		const hasty = plan(steady, ['br'], { ...patient, maxTimeMs: 60_000 });
		expect(hasty.targets[0]).toMatchObject({ status: 'error', code: 'max_time' });
	});
});

it.each([
	['expired', 'CERT_HAS_EXPIRED'],
	['wrong-host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
	['untrusted', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
])('a certificate that is %s ends each target before its first request', (certificate, code) => {
	const found = plan(fault({ type: 'reset' }), ['br', '/x'], {}, { tls: { certificate } });
	const attempt = { number: 1, latencyMs: 0, durationMs: 0, requests: 0, result: 'refused', code };

	expect(found).toMatchObject({ requests: 0, retried: 0, totals: { ok: 0, error: 2 } });
	expect(found.targets).toStrictEqual([
		{
			id: 'BR',
			path: '/flags/br/br.gif',
			status: 'error',
			code,
			requests: 0,
			attempts: [attempt],
		},
		{ id: '/x', path: '/x', status: 'error', code, requests: 0, attempts: [attempt] },
	]);
});

it('a plan says what it was made of, and names what no client can see', () => {
	const rules = [{ id: 'a', match: { codes: ['jp'] }, then: { type: 'trailing' } }];
	const found = plan(rules, ['br', 'JP', 'xx'], { seed: 7, retries: 2 }, { name: 'mine' });

	expect(found).toMatchObject({
		scenario: 'mine',
		seed: 7,
		retries: 2,
		undetectable: ['JP'],
		requests: 3,
		retried: 0,
		dependsOn: [],
	});
	expect(found.totals).toEqual({
		ok: 2,
		unchanged: 0,
		skipped: 0,
		not_found: 1,
		error: 0,
		cancelled: 0,
	});
	expect(found).not.toHaveProperty('time');
});

it('a plan is that of its seed and of the files that the server has', () => {
	const rules = [{ id: 'a', select: { probability: 0.5 }, then: { type: 'reset' } }];
	const [one, same, other] = [1, 1, 2].map((seed) => plan(rules, flagCodes(), { seed }).targets);

	expect(one).toEqual(same);
	expect(one).not.toEqual(other);
	const files = { paths: ['/a', '/b'], selectable: ['/a'], form: 'two' };
	const scenario = parseScenario(
		{ version: 1, rules: [{ id: 'a', select: { exactly: 1 }, then: { type: 'reset' } }] },
		'of-files',
		files,
	);
	const statusOf = (more: Partial<PlanOptions>) =>
		planRun(scenario, ['/a', '/b', '/c'], { retries: 0, files, ...more }).targets.map(
			({ status }) => status,
		);
	expect(statusOf({})).toEqual(['error', 'ok', 'not_found']);
	expect(statusOf({ isServed: (path) => path === '/c' })).toEqual(['not_found', 'not_found', 'ok']);
});

describe('what depends on order or time is named, with bounds', () => {
	it('a keep-alive race costs a request, or none', () => {
		const { requests, bounds, dependsOn } = plan(fault({ type: 'keepalive-race' }, '1'), ['br']);

		expect(requests).toBe(1);
		expect(bounds).toEqual({ requests: { min: 1, max: 2 }, ok: { min: 1, max: 1 } });
		expect(dependsOn).toMatchObject([{ pointer: '/rules/0', name: 'a', on: 'order' }]);
	});

	it('a race that no target meets is not named', () => {
		const rules = [{ id: 'a', match: { codes: ['jp'] }, then: { type: 'keepalive-race' } }];
		expect(plan(rules, ['br']).dependsOn).toEqual([]);
	});

	it('a rate limit may use the retries up', () => {
		const document = { limits: { rateLimit: { requests: 1, window: '1s' } } };
		const { bounds, dependsOn } = plan([], ['br', 'jp'], {}, document);

		expect(dependsOn).toMatchObject([{ name: 'rateLimit', on: 'time' }]);
		expect(bounds).toEqual({ requests: { min: 2, max: 8 }, ok: { min: 0, max: 2 } });
	});

	it.each([
		[3, 0],
		[4, 2],
		[undefined, 2],
	])('limits of 4 matter to a concurrency of %s: %d of them', (concurrency, count) => {
		const document = { limits: { maxConnections: 4, maxInFlight: 4 } };
		const options = concurrency === undefined ? {} : { concurrency };
		expect(plan([], ['br'], options, document).dependsOn).toHaveLength(count);
	});
});

it.each([...bundledDocuments()])('%s is what it says of itself', (_name, document) => {
	expect(checkExpectation(parseScenario(document))).toEqual([]);
});

it('says where a scenario is not what it says of itself', () => {
	const of = (document: object) => checkExpectation(parseScenario({ version: 1, ...document }));

	expect(of({ expect: { codes: ['br'], ok: 2, error: 0 } })).toEqual([
		{ pointer: '/expect/ok', expected: 2, planned: 1 },
	]);
	expect(of({ expect: { ok: 1, not_found: 2, error: 3, requests: 4 } })).toEqual([
		{ pointer: '/expect/ok', expected: 1, planned: 249 },
		{ pointer: '/expect/not_found', expected: 2, planned: 0 },
		{ pointer: '/expect/error', expected: 3, planned: 0 },
		{ pointer: '/expect/requests', expected: 4, planned: 249 },
	]);
	expect(of({ rules: fault({ type: 'reset' }), expect: { codes: ['br'], requests: 4 } })).toEqual(
		[],
	);
	expect(
		of({ rules: fault({ type: 'reset' }), expect: { codes: ['br'], retries: 0, requests: 1 } }),
	).toEqual([]);
	expect(of({})).toEqual([]);
});

it.each([...FROZEN()])('the plan of %s is frozen, byte for byte', (name, sha256) => {
	const scenario = parseScenario(bundledDocuments().get(name));
	const bytes = JSON.stringify(planRun(scenario, flagCodes(), { retries: 3, concurrency: 16 }));
	expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
});

function FROZEN(): ReadonlyMap<string, string> {
	return new Map([
		['error', 'bdcae937ad799c0129b21d890def7ef54304b2e5eb904aa8d348d990ecd4d7a2'],
		['flaky', '4f7830c72b3326f3c225536c440a40b89e05946fa22cf29da3958c4f6d2fce5c'],
		['hostile', 'b75ce887642bbb4f20445eeed300c741ea9a630b5eb35c17f8e342c6da166954'],
		['liar', '0c04234475efdff7185a19a9d4c0242a3a26bc6f8478e88fb3f21d75d16c5df3'],
		['wan', '9ce25346d7bf478b48972e01680dc98c58f528c22e6014bce4c8118207b8f407'],
	]);
}
