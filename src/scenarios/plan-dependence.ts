import type { Bounds, Dependence, Plan, PlannedTarget } from './plan.ts';
import type { Action, Limits, Scenario } from './scenario.ts';

/** The parts of a scenario whose effect depends on the order or time of requests. */
export function dependences(
	{ limits, rules, tls }: Scenario,
	targets: readonly PlannedTarget[],
	concurrency: number | undefined,
): Dependence[] {
	const matchedRules = new Set(targets.flatMap(({ attempts }) => attempts.map(({ rule }) => rule)));
	const races = rules.flatMap(({ id, action }, index): Dependence[] => {
		const effect = EFFECTS[action.type];
		return effect !== undefined && matchedRules.has(id)
			? [{ pointer: `/rules/${index}`, name: id, on: 'order', effect }]
			: [];
	});
	return [...limitDependences(limits, concurrency), ...handshakeDependences(tls), ...races];
}

const LIMIT_EFFECT = 'refused requests are attempts of the client, and may use its retries up';

/** Actions whose effect depends on order. */
const EFFECTS: Partial<Record<Action['type'], string>> = {
	'keepalive-race': 'a request on a connection that was used before is sent once more',
	range: 'a client that asked for a range asks once more, for all',
	restart: 'requests in flight break with it, and are attempts of the client',
};

function handshakeDependences(tls: Scenario['tls']): Dependence[] {
	return tls?.reset === undefined
		? []
		: [{ pointer: '/tls/reset', name: 'tls.reset', on: 'order', effect: HANDSHAKE_EFFECT }];
}

const HANDSHAKE_EFFECT =
	'a connection that is reset in its handshake is an attempt of the client and no request, and may use its retries up';

function limitDependences(limits: Limits, concurrency = Number.POSITIVE_INFINITY): Dependence[] {
	const { rate, maxConnections, maxInFlight } = limits;
	const found: Dependence[] = [];
	const add = (name: string, on: Dependence['on']) => {
		found.push({ pointer: `/limits/${name}`, name, on, effect: LIMIT_EFFECT });
	};
	if (rate !== undefined) {
		add('rateLimit', 'time');
	}
	// At equality, too: a connection closed by the client may still count at the server.
	if (maxConnections !== undefined && concurrency >= maxConnections) {
		add('maxConnections', 'order');
	}
	if (maxInFlight !== undefined && concurrency >= maxInFlight) {
		add('maxInFlight', 'order');
	}
	return found;
}

/** The range of requests and successes that a correct client may end with. */
export function boundsOf(
	targets: readonly PlannedTarget[],
	dependsOn: readonly Dependence[],
	{ retries, handshakeResets }: { readonly retries: number; readonly handshakeResets: number },
): { requests: Bounds; ok: Bounds } {
	const planned = sum(targets, ({ requests }) => requests);
	const ok = targets.filter(({ status }) => status === 'ok');
	const races = sum(targets, ({ attempts }) => attempts.filter(isRace).length);
	const restarts = restartsIn(targets);
	const repeated = restarts * sum(targets, longestAttempt);
	// Each reset handshake may use up the last retry of another target.
	const most = targets.map(({ requests }) => requests).sort((a, b) => b - a);
	const lost = sum(most.slice(0, handshakeResets), (requests) => requests);
	if (!mayRefuse({ dependsOn })) {
		const safe = ok.filter(({ attempts }) => attempts.length + restarts <= retries + 1);
		const least = restarts === 0 ? ok.length : safe.length;
		return {
			requests: {
				min: restarts === 0 ? planned - lost : Math.max(0, targets.length - handshakeResets),
				max: planned + races + repeated,
			},
			ok: { min: Math.max(0, least - handshakeResets), max: ok.length },
		};
	}

	const allowed = retries + 1;
	const extra = sum(
		targets,
		(target) => (allowed - target.attempts.length) * longestAttempt(target),
	);
	return {
		// A target that is refused at every attempt never reaches its redirects.
		requests: {
			min: resetsConnections({ dependsOn })
				? 0
				: Math.max(0, sum(targets, ({ requests }) => Math.min(requests, allowed)) - lost),
			max: planned + extra + races + repeated,
		},
		ok: { min: 0, max: ok.length },
	};
}

/** Whether limits may refuse requests, depending on order or time. */
export function mayRefuse({ dependsOn }: Pick<Plan, 'dependsOn'>): boolean {
	return dependsOn.some(({ pointer }) => pointer.startsWith('/limits/'));
}

/** Whether the server may reset connections at once, and so sees no request on them. */
export function resetsConnections({ dependsOn }: Pick<Plan, 'dependsOn'>): boolean {
	return dependsOn.some(({ pointer }) => pointer === '/limits/maxConnections');
}

/** The range of requests that a correct client may make for a target. */
export function requestBounds(
	{ targets, dependsOn, retries }: Plan,
	target: PlannedTarget,
): Bounds {
	const { requests, attempts } = target;
	const restarts = restartsIn(targets);
	const refuses = mayRefuse({ dependsOn });
	const resets =
		resetsConnections({ dependsOn }) ||
		dependsOn.some(({ pointer }) => pointer.startsWith('/tls/'));
	const repeated = (refuses || resets ? retries + 1 : restarts) * longestAttempt(target);
	return {
		min: resets ? 0 : refuses || restarts > 0 ? 1 : requests,
		max: requests + attempts.filter(isRace).length + repeated,
	};
}

/** Requests of the longest attempt: one that breaks behind a redirect repeats the redirect, too. */
function longestAttempt({ attempts }: PlannedTarget): number {
	return Math.max(...attempts.map(({ requests }) => requests));
}

function isRace({ fault }: PlannedTarget['attempts'][number]): boolean {
	return fault === 'keepalive-race' || fault === 'range';
}

/** Number of server restarts, each of which may break one attempt of every target. */
export function restartsIn(targets: readonly PlannedTarget[]): number {
	return sum(targets, ({ attempts }) => attempts.filter(({ fault }) => fault === 'restart').length);
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
	return items.reduce((total, item) => total + value(item), 0);
}
