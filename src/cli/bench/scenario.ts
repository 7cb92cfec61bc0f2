import type { LoadedScenario } from '../../scenarios/bundled.ts';
import { loadScenario } from '../../scenarios/load-scenario.ts';
import { UsageError } from '../../util/usage-error.ts';
import type { BenchFlags } from '../bench-command.ts';

/** A constant latency and no faults: what differs are the strategies. */
const DEFAULT_SCENARIO = 'clean';

export interface BenchScenario extends LoadedScenario {
	/** As it was asked for: a name or a file. */
	readonly asGiven: string;
}

/**
 * @param bundled - Whether it is the bundled server that has the files.
 * @throws {UsageError} When there is no such scenario, or nobody to play it.
 */
export function openScenario(
	{ scenario, seed }: BenchFlags,
	bundled: boolean,
	cwd: string,
): BenchScenario | undefined {
	if (!bundled) {
		if (scenario === undefined) {
			return undefined;
		}
		throw new UsageError(
			'--scenario is for the bundled server, and the list has URLs of yours; drop one of them',
		);
	}

	const asGiven = scenario ?? DEFAULT_SCENARIO;
	const loaded = loadScenario(asGiven, cwd);
	return {
		...loaded,
		asGiven,
		scenario: { ...loaded.scenario, ...(seed !== undefined && { seed }) },
	};
}
