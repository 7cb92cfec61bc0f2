import type { Bounds, Plan, PlannedAttempt, PlannedTarget } from '../../scenarios/plan.ts';

/** A plan for people: the targets that meet something, what all adds up to, and what is not certain. */
export function planText(plan: Plan): string {
	const eventful = plan.targets.filter(isEventful);
	const quiet = plan.targets.length - eventful.length;
	const width = Math.max(0, ...eventful.map(({ id }) => id.length));
	return [
		`scenario ${plan.scenario}, seed ${plan.seed}, ${count(plan.targets.length, 'target')}, ${count(plan.retries, 'retry', 'retries')}`,
		'',
		...eventful.map((target) => targetLine(target, width)),
		...(quiet > 0 ? [`${count(quiet, 'target')} without any fault`] : []),
		'',
		...totals(plan),
		...uncertainties(plan),
		...times(plan),
		'',
	].join('\n');
}

function isEventful({ attempts }: PlannedTarget): boolean {
	return attempts.some(({ rule, result }) => rule !== undefined || result !== 'ok');
}

function targetLine({ id, status, requests, attempts }: PlannedTarget, width: number): string {
	const story = attempts.map(attemptText).join(', then ');
	return `${id.padEnd(width)}  ${status.padEnd(9)}  ${count(requests, 'request')}: ${story}`;
}

function attemptText({ rule, fault, result, code, waitMs }: PlannedAttempt): string {
	const how = result === 'undetectable' ? 'wrong bytes, undetectable' : (code ?? 'ok');
	const why = rule === undefined ? '' : ` (${rule === fault ? rule : `${rule}: ${fault}`})`;
	return `${how}${why}${waitMs === undefined ? '' : `, wait ${seconds(waitMs)}`}`;
}

function totals({ totals: { ok, not_found, error }, requests, undetectable }: Plan): string[] {
	const parts = [`${ok} ok`, `${not_found} not found`, `${error} error`];
	const lie =
		undetectable.length === 0
			? []
			: [`undetectable, right length and wrong bytes: ${undetectable.join(' ')}`];
	return [`${parts.join(', ')}; ${count(requests, 'request')}`, ...lie];
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

function times({ time }: Plan): string[] {
	if (time === undefined) {
		return [];
	}
	const { concurrency, idealMs, lowerBoundMs } = time;
	return [
		`with ${count(concurrency, 'slot')}: at least ${seconds(idealMs)} in this order, ${seconds(lowerBoundMs)} in any order`,
	];
}

function count(number: number, one: string, many = `${one}s`): string {
	return `${number} ${number === 1 ? one : many}`;
}

function seconds(ms: number): string {
	return `${(ms / 1000).toFixed(2)} s`;
}
