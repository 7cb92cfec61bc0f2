import { readFileSync } from 'node:fs';
import type { Plan, PlannedTarget } from '../scenarios/plan.ts';
import { isRace, restartsIn } from '../scenarios/plan-dependence.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { type Leeway, leewayOf } from './leeway.ts';

/** A target of a planned run, and the file that it leads to. */
export interface Expected {
	readonly planned: PlannedTarget;
	/** Below the output directory: `br.gif`. */
	readonly file: string;
	/** What the server has, truly. */
	readonly content: Buffer;
	/** Content that is as right, for a client that leaves a coding as it is. */
	readonly alternatives: readonly Buffer[];
	/** Whether the file may be missing though flagdl would have it. */
	readonly mayMiss: boolean;
	/** Requests that a correct client makes. */
	readonly requests: { readonly min: number; readonly max: number };
	/** Where limits of the scenario refuse requests by order or time, either end is right. */
	readonly uncertain: boolean;
	/** Whether the server restarts: requests may break before it has seen them. */
	readonly restarts: boolean;
}

const FIXTURES = new URL('../../fixtures/', import.meta.url);

/**
 * What a plan means for the disk and for the server's log.
 *
 * @param choices - Of another client than flagdl, by target; absent: it has none.
 */
export function expectedOf(plan: Plan, choices?: ReadonlyMap<string, Leeway>): Expected[] {
	const { targets, dependsOn, retries } = plan;
	const dependsOnOrder = (part: string) =>
		dependsOn.some(({ pointer }) => pointer.startsWith(part));
	const resetsHandshakes = dependsOnOrder('/tls/');
	const uncertain = dependsOnOrder('/limits/') || resetsHandshakes;
	const restarts = restartsIn(targets);
	return targets.map((planned) => {
		const { path, requests, attempts, id } = planned;
		const races = attempts.filter(isRace).length;
		const longest = Math.max(...attempts.map((attempt) => attempt.requests));
		const choice = choices?.get(id);
		const most = uncertain
			? requests + (retries + 1) * longest + races
			: requests + races + restarts;
		const certain = uncertain || restarts > 0 ? 1 : requests;
		// Of a handshake that was reset the server has no request.
		const least = resetsHandshakes ? 0 : certain;
		return {
			planned,
			file: path.split('/').at(-1) ?? '',
			content: readTruth(path),
			alternatives: choice?.contents ?? [],
			mayMiss: choice?.mayMiss ?? false,
			requests: {
				min: Math.min(least, choice?.minRequests ?? least),
				max: Math.max(most, choice?.maxRequests ?? most),
			},
			// Each restart may cost an attempt, and a target may need all that it has.
			uncertain: uncertain || (restarts > 0 && attempts.length + restarts > retries + 1),
			restarts: restarts > 0,
		};
	});
}

/** The choices that another client has, by target. */
export async function choicesOf(
	scenario: Scenario,
	{ targets }: Plan,
): Promise<ReadonlyMap<string, Leeway>> {
	const choices = targets.map(
		async (target) =>
			[target.id, await leewayOf(scenario, target, readTruth(target.path))] as const,
	);
	return new Map(await Promise.all(choices));
}

/** Whether saved bytes are what a correct client may have. */
export function isContentOf({ planned, content, alternatives }: Expected, saved: Buffer): boolean {
	return (
		(planned.status === 'ok' && (planned.undetectable === true || saved.equals(content))) ||
		alternatives.some((other) => saved.equals(other))
	);
}

/** The true bytes of a file of the server. */
export function readTruth(path: string): Buffer {
	return readFileSync(new URL(path.slice(1), FIXTURES));
}

/** The rules that a target meets, each once. */
export function rulesOf({ attempts }: PlannedTarget): string[] {
	return [...new Set(attempts.flatMap(({ rule }) => rule ?? []))];
}
