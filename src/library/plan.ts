import { createHash } from 'node:crypto';
import type { Bounds, Plan, PlannedTarget } from '../scenarios/plan.ts';
import { mayRefuse, requestBounds } from '../scenarios/plan-dependence.ts';
import { type PlanOptions, planRun } from '../scenarios/plan-run.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { flagBytes, flagSha256 } from '../server/content/bundled-flags.ts';
import { fateOf, type LogEntry } from '../server/request-log.ts';

/**
 * What a correct client must meet and end with, if it asks the bundled server once for each target:
 * status, size, SHA-256 and number of requests.
 *
 * @param targets - Country codes in any case, or paths of the server.
 */
export function plan(scenario: Scenario, targets: readonly string[], options: PlanOptions): Plan {
	return planRun(scenario, targets, { bytesOf: flagBytes, sha256Of: flagSha256, ...options });
}

/** By path: the content that a client has in the end, `undefined` if it gave up. */
export type Ended = Readonly<Record<string, Uint8Array | string | undefined>>;

export interface Met {
	/** In the order of arrival. */
	readonly requests: readonly LogEntry[];
	/** Requests that the server has forgotten. */
	readonly gone: number;
	/** Absent: only requests are compared. */
	readonly ended: Ended | undefined;
}

/** Where a client and its plan differ, a line for each. */
export function planProblems(plan: Plan, { requests, gone, ended }: Met): string[] {
	if (gone > 0) {
		return [`${gone} requests are forgotten: call use() more often`];
	}
	const isUncertain = mayRefuse(plan);
	return plan.targets.flatMap((target) => {
		const seen = requests.filter(({ path }) => path === target.path);
		const problems = [
			...requestProblems(requestBounds(plan, target), seen),
			...(ended === undefined ? [] : contentProblems(target, ended[target.id], isUncertain)),
		];
		return problems.map((problem) => `${target.id}: ${problem}`);
	});
}

function requestProblems({ min, max }: Bounds, seen: readonly LogEntry[]): string[] {
	if (seen.length >= min && seen.length <= max) {
		return [];
	}
	const wanted = max === min ? String(min) : `${min} to ${max}`;
	return [`${seen.length} requests, a correct client makes ${wanted} (${storyOf(seen)})`];
}

function contentProblems(
	{ status, code, bytes = 0, sha256, undetectable }: PlannedTarget,
	given: Uint8Array | string | undefined,
	isUncertain: boolean,
): string[] {
	const content = given === undefined ? undefined : Buffer.from(given);
	if (content === undefined) {
		return status === 'ok' && !isUncertain ? ['it gave up, a correct client gets the file'] : [];
	}
	if (status !== 'ok') {
		return [`it has ${content.length} bytes, a correct client gives up (${code ?? status})`];
	}
	if (undetectable === true || sha256Hex(content) === sha256) {
		return [];
	}
	if (/^\s*<(!doctype|html)/i.test(content.toString('latin1', 0, 64))) {
		return ['it took a page of HTML for the file'];
	}
	return content.length === bytes
		? ['it has as many bytes as the file, but others']
		: [`it has ${content.length} bytes, and the file has ${bytes}`];
}

function sha256Hex(content: Buffer): string {
	return createHash('sha256').update(content).digest('hex');
}

const MAX_TOLD = 6;

/** What the server did to it, in order. */
function storyOf(seen: readonly LogEntry[]): string {
	const told = seen.slice(0, MAX_TOLD).map(fateOf);
	const more = seen.length > told.length ? [`${seen.length - told.length} more`] : [];
	return seen.length === 0 ? 'it was never asked for' : [...told, ...more].join(', then ');
}
