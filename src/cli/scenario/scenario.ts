import { bundledScenarios } from '../../scenarios/bundled.ts';
import { loadScenario } from '../../scenarios/load-scenario.ts';
import type { Bounds, Plan, PlannedAttempt, PlannedTarget } from '../../scenarios/plan.ts';
import { checkExpectation } from '../../scenarios/plan-run.ts';
import { UPSTREAM_FILES } from '../../scenarios/served-files.ts';
import { BundledFlags } from '../../server/content/bundled-flags.ts';
import { planOf } from '../../server/content/manifest.ts';
import { selectCodes } from '../../targets/select-codes.ts';
import { UsageError } from '../../util/errors.ts';
import { jsonText } from '../../util/text.ts';
import { plural } from '../../util/units.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { openRoot, pathsIn } from '../options/content.ts';
import type { CheckFlags, PlanFlags } from './command.ts';

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
 * @returns 3 if the scenario is valid but its plan is not what it expects.
 * @throws {UsageError} If it is invalid.
 */
export async function checkScenario(
	name: string,
	{ root, upstream = false }: CheckFlags,
	{ stdout, stderr, cwd }: Io,
): Promise<ExitCode> {
	const source = root === undefined ? undefined : await openRoot(root, cwd);
	if (upstream && root !== undefined) {
		throw new UsageError('--root and --upstream contradict each other; give one of them');
	}
	const { scenario } = loadScenario(name, cwd, upstream ? UPSTREAM_FILES : source?.files);
	// The expectations of a scenario apply to the bundled flags.
	const isOfFlags = source === undefined && !upstream;
	const differences = isOfFlags ? checkExpectation(scenario) : [];
	for (const { pointer, expected, planned } of differences) {
		stderr.write(`${name}: ${pointer}: expects ${expected}, and the plan says ${planned}\n`);
	}
	if (differences.length > 0) {
		return EXIT.checkFailed;
	}

	const rules = plural(scenario.rules.length, 'rule');
	const expects =
		scenario.expect === undefined || !isOfFlags ? '' : ', and leads to what it expects';
	stdout.write(`${name} is a valid scenario of ${rules}${expects}\n`);
	return EXIT.ok;
}

/** @throws {UsageError} If the scenario or a code is invalid. */
export async function planScenario(
	name: string,
	codes: readonly string[],
	flags: PlanFlags,
	{ stdout, cwd }: Io,
): Promise<ExitCode> {
	const { all = false, every = false, limit, retry, seed, concurrency, root } = flags;
	const source = root === undefined ? new BundledFlags() : await openRoot(root, cwd);
	const { scenario } = loadScenario(name, cwd, source.files);
	const targets =
		root === undefined ? selectCodes({ codes, all, every }) : pathsIn(source, codes, flags);
	const shown = targets.slice(0, limit);
	const run = await planOf(scenario, source, shown, {
		retries: retry,
		concurrency,
		...(seed !== undefined && { seed }),
	});
	stdout.write(flags.json === true ? `${jsonText(run)}\n` : planText(run));
	return EXIT.ok;
}

/** A plan as text: the targets that meet a fault, the totals, and the uncertainties. */
function planText(plan: Plan): string {
	const eventful = plan.targets.filter(isEventful);
	const quiet = plan.targets.length - eventful.length;
	const width = Math.max(0, ...eventful.map(({ id }) => id.length));
	return [
		`scenario ${plan.scenario}, seed ${plan.seed}, ${plural(plan.targets.length, 'target')}, ${plural(plan.retries, 'retry', 'retries')}`,
		'',
		...eventful.map((target) => targetLine(target, width)),
		...(quiet > 0 ? [`${plural(quiet, 'target')} without any fault`] : []),
		'',
		...totals(plan),
		...uncertainties(plan),
		...timeLines(plan),
		'',
	].join('\n');
}

function isEventful({ attempts }: PlannedTarget): boolean {
	return attempts.some(({ rule, result }) => rule !== undefined || result !== 'ok');
}

function targetLine({ id, status, requests, attempts }: PlannedTarget, width: number): string {
	const attemptList = attempts.map(attemptText).join(', then ');
	return `${id.padEnd(width)}  ${status.padEnd(9)}  ${plural(requests, 'request')}: ${attemptList}`;
}

function attemptText({ rule, fault, result, code, waitMs }: PlannedAttempt): string {
	const how = result === 'undetectable' ? 'wrong bytes, undetectable' : (code ?? 'ok');
	const why = rule === undefined ? '' : ` (${rule === fault ? rule : `${rule}: ${fault}`})`;
	return `${how}${why}${waitMs === undefined ? '' : `, wait ${seconds(waitMs)}`}`;
}

function totals({ totals: { ok, not_found, error }, requests, undetectable }: Plan): string[] {
	const parts = [`${ok} ok`, `${not_found} not found`, `${error} error`];
	const undetectableLine =
		undetectable.length === 0
			? []
			: [`undetectable, right length and wrong bytes: ${undetectable.join(' ')}`];
	return [`${parts.join(', ')}; ${plural(requests, 'request')}`, ...undetectableLine];
}

function uncertainties({ dependsOn, bounds }: Plan): string[] {
	if (dependsOn.length === 0) {
		return [];
	}
	const { requests, ok } = bounds;
	return [
		...dependsOn.map(({ name, on, effect }) => `depends on ${on}: ${name}: ${effect}`),
		`so ${range(requests)} requests, and ${range(ok)} ok`,
	];
}

function range({ min, max }: Bounds): string {
	return min === max ? `${min}` : `${min} to ${max}`;
}

function timeLines({ time }: Plan): string[] {
	if (time === undefined) {
		return [];
	}
	const { concurrency, idealMs, lowerBoundMs } = time;
	return [
		`with ${plural(concurrency, 'slot')}: at least ${seconds(idealMs)} in this order, ${seconds(lowerBoundMs)} in any order`,
	];
}

function seconds(ms: number): string {
	return `${(ms / 1000).toFixed(2)} s`;
}
