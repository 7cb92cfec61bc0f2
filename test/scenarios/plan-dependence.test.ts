import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenarios/load-scenario.ts';
import { requestBounds } from '../../src/scenarios/plan-dependence.ts';
import { planRun } from '../../src/scenarios/plan-run.ts';

const TARGETS = ['br', 'cn', 'jp'];

function plan(
	document: object,
	{ retries = 3, concurrency }: { retries?: number; concurrency?: number } = {},
) {
	const scenario = parseScenario({ version: 1, ...document });
	const options = { retries, ...(concurrency !== undefined && { concurrency }) };
	return planRun(scenario, TARGETS, options);
}

const rule = (then: object, attempts: string, ...codes: readonly string[]) => ({
	id: `${codes.join('-') || 'all'}-${attempts.replace(/\W/g, '')}`,
	...(codes.length > 0 && { match: { codes } }),
	attempts,
	then,
});
const race = { type: 'keepalive-race' };
const range = { type: 'range', with: 'slice-as-200' };
const restart = { type: 'restart' };
const reset = { type: 'reset' };
const hops = { type: 'redirect', hops: 2 };

/** `3 to 4`. */
const boundsOf = ({ bounds: { requests, ok } }: ReturnType<typeof plan>) =>
	[requests, ok].map(({ min, max }) => `${min} to ${max}`);

describe('what depends on order or time', () => {
	const document = {
		limits: { rateLimit: { requests: 5, window: '1s' }, maxConnections: 2, maxInFlight: 3 },
		tls: { reset: 1 },
		rules: [
			rule(reset, '1', 'br'),
			rule(race, '1', 'cn'),
			rule(range, '1', 'jp'),
			rule(restart, '2', 'br'),
		],
	};
	const refused = 'refused requests are attempts of the client, and may use its retries up';

	it('is named with its place and what it costs', () => {
		expect(plan(document).dependsOn).toEqual([
			{ pointer: '/limits/rateLimit', name: 'rateLimit', on: 'time', effect: refused },
			{ pointer: '/limits/maxConnections', name: 'maxConnections', on: 'order', effect: refused },
			{ pointer: '/limits/maxInFlight', name: 'maxInFlight', on: 'order', effect: refused },
			{
				pointer: '/tls/reset',
				name: 'tls.reset',
				on: 'order',
				effect:
					'a connection that is reset in its handshake is an attempt of the client and no request, and may use its retries up',
			},
			{
				pointer: '/rules/1',
				name: 'cn-1',
				on: 'order',
				effect: 'a request on a connection that was used before is sent once more',
			},
			{
				pointer: '/rules/2',
				name: 'jp-1',
				on: 'order',
				effect: 'a client that asked for a range asks once more, for all',
			},
			{
				pointer: '/rules/3',
				name: 'br-2',
				on: 'order',
				effect: 'requests in flight break with it, and are attempts of the client',
			},
		]);
	});

	it.each([
		[1, []],
		[2, ['maxConnections']],
		[3, ['maxConnections', 'maxInFlight']],
		[undefined, ['maxConnections', 'maxInFlight']],
	])('is a limit that %s slots may meet', (concurrency, names) => {
		const {
			limits: { rateLimit: _, ...limits },
		} = document;
		const found = plan({ limits }, concurrency === undefined ? {} : { concurrency });

		expect(found.dependsOn.map(({ name }) => name)).toEqual(names);
	});

	it('is nothing that no target meets', () => {
		expect(plan({ rules: [rule(restart, '2')], tls: {} }).dependsOn).toEqual([]);
	});
});

describe('the bounds of requests and of successes', () => {
	it.each<[string, object, object, readonly [string, string]]>([
		[
			'nothing that depends on order',
			{ rules: [rule(reset, '1', 'br')] },
			{},
			['4 to 4', '3 to 3'],
		],
		['races', { rules: [rule(race, '1-2')] }, {}, ['3 to 6', '3 to 3']],
		[
			'races and ranges',
			{ rules: [rule(race, '1', 'br'), rule(range, '1', 'cn')] },
			{},
			['3 to 5', '3 to 3'],
		],
		['a restart', { rules: [rule(restart, '1', 'br')] }, {}, ['3 to 7', '3 to 3']],
		[
			'a restart that may break a chain of redirects at its end',
			{ rules: [rule(restart, '1', 'br'), rule(hops, '*', 'jp')] },
			{},
			['3 to 11', '3 to 3'],
		],
		[
			'a restart and no retry',
			{ rules: [rule(restart, '1', 'br')] },
			{ retries: 0 },
			['3 to 6', '0 to 2'],
		],
		[
			'a restart and one retry',
			{ rules: [rule(restart, '1', 'br')] },
			{ retries: 1 },
			['3 to 7', '2 to 3'],
		],
		[
			'two restarts',
			{ rules: [rule(restart, '1-2', 'br')] },
			{ retries: 2 },
			['3 to 11', '2 to 3'],
		],
		['a reset handshake', { tls: { reset: 1 } }, {}, ['2 to 3', '2 to 3']],
		[
			'two reset handshakes, of which one may be that of the longest chain',
			{ tls: { reset: 2 }, rules: [rule(hops, '*', 'jp')] },
			{},
			['1 to 5', '1 to 3'],
		],
		['more reset handshakes than targets', { tls: { reset: 9 } }, {}, ['0 to 3', '0 to 3']],
		[
			'a reset handshake and a restart',
			{ tls: { reset: 1 }, rules: [rule(restart, '1', 'br')] },
			{},
			['2 to 7', '2 to 3'],
		],
		['a limit', { limits: { maxInFlight: 1 } }, {}, ['3 to 12', '0 to 3']],
		[
			'a limit of connections, beyond which the server sees no request',
			{ limits: { maxConnections: 1 } },
			{},
			['0 to 12', '0 to 3'],
		],
		[
			'a limit and a reset handshake',
			{ limits: { maxInFlight: 1 }, tls: { reset: 1 }, rules: [rule(hops, '*', 'jp')] },
			{},
			['2 to 20', '0 to 3'],
		],
		[
			'a limit, and a target that is never there',
			{ limits: { maxInFlight: 1 }, rules: [rule({ type: 'status', status: 404 }, '*', 'br')] },
			{},
			['3 to 12', '0 to 2'],
		],
		[
			'a limit, and a chain of redirects at the second attempt',
			{ limits: { maxInFlight: 1 }, rules: [rule(reset, '1', 'br'), rule(hops, '2', 'br')] },
			{ retries: 1 },
			// Three of br at most: 1 and 3; cn and jp may be refused once each.
			['4 to 8', '0 to 3'],
		],
		[
			'a limit, and a chain of redirects after a failure, with a retry to spare',
			{ limits: { maxInFlight: 1 }, rules: [rule(reset, '1', 'br'), rule(hops, '2', 'br')] },
			{ retries: 2 },
			// Of br one and three, and three once more.
			['5 to 13', '0 to 3'],
		],
		[
			'a limit, a race and a restart',
			{ limits: { maxInFlight: 1 }, rules: [rule(race, '1', 'cn'), rule(restart, '1', 'br')] },
			{ retries: 1 },
			['4 to 10', '0 to 3'],
		],
	])('of %s', (_, document, options, expected) => {
		expect(boundsOf(plan(document, options))).toEqual(expected);
	});
});

it('a restart may make a correct client repeat the longest attempt of a target', () => {
	const planned = plan({ rules: [rule(restart, '1', 'br'), rule(hops, '*', 'jp')] });

	expect(planned.targets.map((target) => requestBounds(planned, target))).toEqual([
		{ min: 1, max: 3 },
		{ min: 1, max: 2 },
		{ min: 1, max: 6 },
	]);
});

it('a limit of connections may keep every request of a correct client from the server', () => {
	const planned = plan({ limits: { maxConnections: 1 } });

	expect(planned.targets.map((target) => requestBounds(planned, target).min)).toEqual([0, 0, 0]);
});
