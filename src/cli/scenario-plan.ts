import { plan } from '../library/plan.ts';
import { loadScenario } from '../scenarios/load-scenario.ts';
import { selectCodes } from '../targets/select-codes.ts';
import { jsonText } from '../util/text.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Io } from './io.ts';
import type { PlanFlags } from './scenario-command.ts';
import { planText } from './scenario-plan-text.ts';

/** @throws {UsageError} For the scenario or the codes. */
export function planScenario(
	name: string,
	codes: readonly string[],
	flags: PlanFlags,
	{ stdout, cwd }: Io,
): ExitCode {
	const { all = false, every = false, limit, retry, seed, concurrency, json = false } = flags;
	const { scenario } = loadScenario(name, cwd);
	const targets = selectCodes({ codes, all, every, ...(limit !== undefined && { limit }) });
	const run = plan(scenario, targets, {
		retries: retry,
		concurrency,
		...(seed !== undefined && { seed }),
	});
	stdout.write(json ? `${jsonText(run)}\n` : planText(run));
	return EXIT.ok;
}
