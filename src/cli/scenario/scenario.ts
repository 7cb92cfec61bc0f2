import { plan } from '../../library/plan.ts';
import { bundledScenarios } from '../../scenarios/bundled.ts';
import { loadScenario } from '../../scenarios/load-scenario.ts';
import { checkExpectation } from '../../scenarios/plan-run.ts';
import { selectCodes } from '../../targets/select-codes.ts';
import { jsonText } from '../../util/text.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { planText } from './plan-text.ts';

/** Options of `flagdl scenario plan`, as written on the command line. */
export interface PlanFlags {
	readonly all?: boolean;
	readonly every?: boolean;
	readonly limit?: number;
	readonly retry: number;
	readonly seed?: number;
	readonly concurrency: number;
	readonly json?: boolean;
}

export function listScenarios({ stdout, cwd }: Io): ExitCode {
	const names = bundledScenarios();
	const width = Math.max(...names.map((name) => name.length));
	for (const name of names) {
		const { description } = loadScenario(name, cwd).scenario;
		stdout.write(`${name.padEnd(width)}  ${description}\n`);
	}
	return EXIT.ok;
}

/** @throws {UsageError} */
export function showScenario(name: string, { stdout, cwd }: Io): ExitCode {
	stdout.write(loadScenario(name, cwd).text);
	return EXIT.ok;
}

/**
 * @returns 3 where the scenario is valid but does not lead to what it expects.
 * @throws {UsageError} Where it is not valid.
 */
export function checkScenario(name: string, { stdout, stderr, cwd }: Io): ExitCode {
	const { scenario } = loadScenario(name, cwd);
	const differences = checkExpectation(scenario);
	for (const { pointer, expected, planned } of differences) {
		stderr.write(`${name}: ${pointer}: expects ${expected}, and the plan says ${planned}\n`);
	}
	if (differences.length > 0) {
		return EXIT.checkFailed;
	}

	const rules = scenario.rules.length === 1 ? '1 rule' : `${scenario.rules.length} rules`;
	const expects = scenario.expect === undefined ? '' : ', and leads to what it expects';
	stdout.write(`${name} is a valid scenario of ${rules}${expects}\n`);
	return EXIT.ok;
}

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
