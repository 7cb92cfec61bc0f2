import { createDecide } from './decide.ts';
import type { Plan, PlannedTarget, PlannedTotals } from './plan.ts';
import { boundsOf, dependences } from './plan-dependence.ts';
import { planTarget } from './plan-target.ts';
import { planTime } from './plan-time.ts';
import type { Scenario } from './scenario.ts';
import { FLAGS, flagCodes, flagPath, type ServedFiles } from './served-files.ts';
import type { FileTraits } from './verdict.ts';

export interface PlanOptions {
	/** Attempts after the first. */
	readonly retries: number;
	/** Files of the server. @default the bundled flags */
	readonly files?: ServedFiles;
	/** Whether the server has a path. @default those of `files` */
	readonly isServed?: (path: string) => boolean;
	/** Overrides the seed of the scenario. */
	readonly seed?: number;
	/** Number of slots; adds times to the plan. */
	readonly concurrency?: number;
	/** Longest silence that the client waits out. @default 15_000 */
	readonly stallTimeMs?: number;
	/** Longest request that the client waits out. @default no limit */
	readonly maxTimeMs?: number | undefined;
	/** Size of a file, for transfer times. @default 0 */
	readonly bytesOf?: (path: string) => number;
	/** Properties of a file that affect faults. @default not empty, with others of its kind */
	readonly traitsOf?: (path: string) => Partial<FileTraits>;
	/** SHA-256 of a file; adds sizes and digests to the plan. */
	readonly sha256Of?: (path: string) => string;
}

/** A client aborts slower responses. */
const SPEED_LIMIT = { speedLimitBytesPerSecond: 100, speedTimeMs: 30_000 };

/**
 * What a correct client encounters and must end with if it requests each target once.
 *
 * A pure function: the same on every machine.
 *
 * @param targets - Country codes in any case, or paths of the server.
 */
export function planRun(
	scenario: Scenario,
	targets: readonly string[],
	options: PlanOptions,
): Plan {
	const { retries, files = FLAGS, seed = scenario.seed, concurrency, bytesOf = () => 0 } = options;
	const { stallTimeMs = 15_000, maxTimeMs = Number.POSITIVE_INFINITY } = options;
	const served = new Set(files.paths);
	const { isServed = (path: string) => served.has(path) } = options;
	const decide = createDecide({ ...scenario, seed }, files);
	const context = {
		decide,
		retries,
		stallTimeMs,
		maxTimeMs,
		...SPEED_LIMIT,
		bytesOf,
		traitsOf: options.traitsOf,
		sha256Of: options.sha256Of,
		isServed,
	};

	const planned = targets.map((target): PlannedTarget => {
		const id = target.startsWith('/') ? target : target.toUpperCase();
		const path = pathOfTarget(target);
		const certificate = scenario.tls?.certificate;
		return certificate === undefined
			? planTarget(id, path, context)
			: { id, path, ...refusedAtHandshake(certificate) };
	});
	const dependsOn = dependences(scenario, planned, concurrency);

	return {
		scenario: scenario.name,
		seed,
		retries,
		totals: totalsOf(planned),
		requests: planned.reduce((sum, { requests }) => sum + requests, 0),
		retried: planned.reduce((sum, { attempts }) => sum + attempts.length - 1, 0),
		undetectable: planned.filter(({ undetectable }) => undetectable).map(({ id }) => id),
		dependsOn,
		bounds: boundsOf(planned, dependsOn, { retries, handshakeResets: scenario.tls?.reset ?? 0 }),
		...(concurrency !== undefined && {
			time: planTime(planned, concurrency, scenario.limits),
		}),
		targets: planned,
	};
}

/** The client rejects the certificate before it sends anything, and does not retry. */
function refusedAtHandshake(
	certificate: CertificateFault,
): Pick<PlannedTarget, 'status' | 'code' | 'requests' | 'attempts'> {
	const code = CERTIFICATE_CODES[certificate];
	const nothing = { latencyMs: 0, durationMs: 0, requests: 0 };
	const attempt = { number: 1, ...nothing, result: 'refused', code } as const;
	return { status: 'error', code, requests: 0, attempts: [attempt] };
}

type CertificateFault = NonNullable<NonNullable<Scenario['tls']>['certificate']>;

/** OpenSSL's and Node's error codes. */
const CERTIFICATE_CODES: Readonly<Record<CertificateFault, string>> = {
	expired: 'CERT_HAS_EXPIRED',
	'wrong-host': 'ERR_TLS_CERT_ALTNAME_INVALID',
	untrusted: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
};

/** @param target - A country code in any case, or a path of the server. */
export function pathOfTarget(target: string): string {
	return target.startsWith('/') ? target : flagPath(target.toLowerCase());
}

function totalsOf(targets: readonly PlannedTarget[]): PlannedTotals {
	const count = (status: PlannedTarget['status']) =>
		targets.filter((target) => target.status === status).length;
	return {
		ok: count('ok'),
		unchanged: 0,
		skipped: 0,
		not_found: count('not_found'),
		error: count('error'),
		cancelled: 0,
	};
}

/** A difference between `expect` and the plan. */
export interface Difference {
	/** JSON pointer into the scenario. */
	readonly pointer: string;
	readonly expected: number;
	readonly planned: number;
}

/** Compares the `expect` of a scenario with its plan. */
export function checkExpectation(scenario: Scenario): Difference[] {
	const { codes = flagCodes(), retries = 3, ok, notFound, error, requests } = scenario.expect ?? {};
	const { totals, requests: planned } = planRun(scenario, codes, { retries });

	return [
		{ pointer: '/expect/ok', expected: ok, planned: totals.ok },
		{ pointer: '/expect/not_found', expected: notFound, planned: totals.not_found },
		{ pointer: '/expect/error', expected: error, planned: totals.error },
		{ pointer: '/expect/requests', expected: requests, planned },
	].filter((entry): entry is Difference => {
		return entry.expected !== undefined && entry.expected !== entry.planned;
	});
}
