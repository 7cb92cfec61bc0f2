import { readFileSync } from 'node:fs';
import type { Plan, PlannedTarget } from '../scenarios/plan.ts';

/** A target of a planned run, and the file that it leads to. */
export interface Expected {
	readonly planned: PlannedTarget;
	/** Below the output directory: `br.gif`. */
	readonly file: string;
	/** What the server has, truly. */
	readonly content: Buffer;
	/** Requests that a correct client makes. */
	readonly requests: { readonly min: number; readonly max: number };
	/** Where limits of the scenario refuse requests by order or time, either end is right. */
	readonly uncertain: boolean;
}

const FIXTURES = new URL('../../fixtures/', import.meta.url);

/** What a plan means for the disk and for the server's log. */
export function expectedOf({ targets, dependsOn, retries }: Plan): Expected[] {
	const uncertain = dependsOn.some(({ pointer }) => pointer.startsWith('/limits/'));
	return targets.map((planned) => {
		const { path, requests, attempts } = planned;
		const races = attempts.filter(({ fault }) => fault === 'keepalive-race').length;
		const longest = Math.max(...attempts.map((attempt) => attempt.requests));
		return {
			planned,
			file: path.split('/').at(-1) ?? '',
			content: readTruth(path),
			requests: uncertain
				? { min: 1, max: requests + (retries + 1) * longest + races }
				: { min: requests, max: requests + races },
			uncertain,
		};
	});
}

/** The true bytes of a file of the server. */
export function readTruth(path: string): Buffer {
	return readFileSync(new URL(path.slice(1), FIXTURES));
}

/** The rules that a target meets, each once. */
export function rulesOf({ attempts }: PlannedTarget): string[] {
	return [...new Set(attempts.flatMap(({ rule }) => rule ?? []))];
}
