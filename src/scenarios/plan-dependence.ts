import type { Bounds, Dependence, Plan, PlannedTarget } from './plan.ts';
import type { Action, Limits, Scenario } from './scenario.ts';

/** What in a scenario depends on the order or time of requests. */
export function dependences(
	{ limits, rules, tls }: Scenario,
	targets: readonly PlannedTarget[],
	concurrency: number | undefined,
): Dependence[] {
	const met = new Set(targets.flatMap(({ attempts }) => attempts.map(({ rule }) => rule)));
	const races = rules.flatMap(({ id, action }, index): Dependence[] => {
		const effect = EFFECTS[action.type];
		return effect !== undefined && met.has(id)
			? [{ pointer: `/rules/${index}`, name: id, on: 'order', effect }]
			: [];
	});
	return [...limitDependences(limits, concurrency), ...handshakeDependences(tls), ...races];
}

const REFUSED = 'refused requests are attempts of the client, and may use its retries up';

/** Of the rules whose effect depends on order. */
const EFFECTS: Partial<Record<Action['type'], string>> = {
	'keepalive-race': 'a request on a connection that was used before is sent once more',
	range: 'a client that asked for a range asks once more, for all',
	restart: 'requests in flight break with it, and are attempts of the client',
};

function handshakeDependences(tls: Scenario['tls']): Dependence[] {
	return tls?.reset === undefined
		? []
		: [{ pointer: '/tls/reset', name: 'tls.reset', on: 'order', effect: LOST_HANDSHAKE }];
}

const LOST_HANDSHAKE =
	'a connection that is reset in its handshake is an attempt of the client and no request, and may use its retries up';

function limitDependences(limits: Limits, concurrency = Number.POSITIVE_INFINITY): Dependence[] {
	const { rate, maxConnections, maxInFlight } = limits;
	const found: Dependence[] = [];
	const add = (name: string, on: Dependence['on']) => {
		found.push({ pointer: `/limits/${name}`, name, on, effect: REFUSED });
	};
	if (rate !== undefined) {
		add('rateLimit', 'time');
	}
	// With a slot to spare: what one side has closed the other may still count.
	if (maxConnections !== undefined && concurrency >= maxConnections) {
		add('maxConnections', 'order');
	}
	if (maxInFlight !== undefined && concurrency >= maxInFlight) {
		add('maxInFlight', 'order');
	}
	return found;
}

/** How far requests and successes may be from what is planned. */
export function boundsOf(
	targets: readonly PlannedTarget[],
	dependsOn: readonly Dependence[],
	{ retries, handshakeResets }: { readonly retries: number; readonly handshakeResets: number },
): { requests: Bounds; ok: Bounds } {
	const planned = sum(targets, ({ requests }) => requests);
	const ok = targets.filter(({ status }) => status === 'ok');
	const races = sum(targets, ({ attempts }) => attempts.filter(isRace).length);
	const restarts = restartsIn(targets);
	if (!mayRefuse({ dependsOn })) {
		const safe = ok.filter(({ attempts }) => attempts.length + restarts <= retries + 1);
		const least = restarts === 0 ? ok.length : safe.length;
		// Each handshake may be the last straw for another target.
		const most = targets.map(({ requests }) => requests).sort((a, b) => b - a);
		const lost = sum(most.slice(0, handshakeResets), (requests) => requests);
		return {
			requests: {
				min: restarts === 0 ? planned - lost : Math.max(0, targets.length - handshakeResets),
				max: planned + races + restarts * targets.length,
			},
			ok: { min: Math.max(0, least - handshakeResets), max: ok.length },
		};
	}

	const allowed = retries + 1;
	const more = sum(targets, ({ attempts }) => {
		const longest = Math.max(...attempts.map(({ requests }) => requests));
		return (allowed - attempts.length) * longest;
	});
	return {
		// Refused at every attempt, a target never gets to its redirects.
		requests: {
			min: sum(targets, ({ requests }) => Math.min(requests, allowed)),
			max: planned + more + races + restarts * targets.length,
		},
		ok: { min: 0, max: ok.length },
	};
}

/** Whether limits refuse requests by order or time. */
export function mayRefuse({ dependsOn }: Pick<Plan, 'dependsOn'>): boolean {
	return dependsOn.some(({ pointer }) => pointer.startsWith('/limits/'));
}

/** How many requests for a target a correct client may make. */
export function requestBounds(
	{ targets, dependsOn, retries }: Plan,
	{ requests, attempts }: PlannedTarget,
): Bounds {
	const restarts = restartsIn(targets);
	const refuses = mayRefuse({ dependsOn });
	// Of a handshake that was reset the server has no request.
	const resets = dependsOn.some(({ pointer }) => pointer.startsWith('/tls/'));
	const longest = Math.max(...attempts.map((attempt) => attempt.requests));
	const more = refuses || resets ? (retries + 1) * longest : restarts;
	return {
		min: resets ? 0 : refuses || restarts > 0 ? 1 : requests,
		max: requests + attempts.filter(isRace).length + more,
	};
}

function isRace({ fault }: PlannedTarget['attempts'][number]): boolean {
	return fault === 'keepalive-race' || fault === 'range';
}

/** How often the server restarts: each time may break one attempt of every target. */
export function restartsIn(targets: readonly PlannedTarget[]): number {
	return sum(targets, ({ attempts }) => attempts.filter(({ fault }) => fault === 'restart').length);
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
	return items.reduce((total, item) => total + value(item), 0);
}
