import { loadScenario } from '../scenarios/load-scenario.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { ServeFlags } from './serve-command.ts';

/**
 * The scenario that the options ask for; `--latency` and `--error-rate` build one, so that there is one
 * way to delay and to fail.
 *
 * @throws {UsageError} When there is no such scenario, or it is not valid.
 */
export function serveScenario(flags: ServeFlags, cwd: string): Scenario {
	const { scenario, latency, errorRate, seed } = flags;
	const named =
		latency === undefined && errorRate === undefined
			? loadScenario(scenario ?? 'local', cwd).scenario
			: builtScenario(latency, errorRate);
	return { ...named, ...(seed !== undefined && { seed }) };
}

function builtScenario(latencyMs = 0, errorRate = 0): Scenario {
	return {
		name: 'custom',
		description: 'Built from --latency and --error-rate.',
		seed: 1,
		latency: { dist: 'constant', ms: latencyMs },
		limits: {},
		rules: [
			{
				id: 'error-rate',
				select: { probability: errorRate },
				attempts: { from: 1 },
				action: { type: 'status', status: 503 },
			},
		],
	};
}
