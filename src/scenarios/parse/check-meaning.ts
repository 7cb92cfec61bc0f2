import { didYouMean, suggest } from '../../util/suggest.ts';
import { flagCodes, servedPaths } from '../flag-codes.ts';
import { matches, matchingFlags } from '../matching.ts';
import type { Action, Latency, Rule, Scenario } from '../scenario.ts';
import { ScenarioError } from './scenario-error.ts';

/**
 * Finds what has the right form and yet cannot be meant.
 *
 * @throws {ScenarioError} For the first of: an id used twice, an unknown country, a range that ends
 *   before it begins, a limit of nothing, a rule that no request can ever meet.
 */
export function checkMeaning({ latency, limits, rules, expect }: Scenario): void {
	if (latency !== undefined) {
		checkLatency(latency, '/latency');
	}
	if (limits.bytesPerSecond !== undefined) {
		checkBandwidth(limits.bytesPerSecond, '/limits/bandwidth');
	}
	if (limits.rate?.windowMs === 0) {
		throw new ScenarioError('/limits/rateLimit/window', 'must be longer than 0');
	}
	checkIds(rules);
	for (const [index, rule] of rules.entries()) {
		checkRule(rule, `/rules/${index}`);
	}
	checkCodes(expect?.codes, '/expect/codes');
}

function checkIds(rules: readonly Rule[]): void {
	const seen = new Map<string, number>();
	for (const [index, { id }] of rules.entries()) {
		const first = seen.get(id);
		if (first !== undefined) {
			throw new ScenarioError(
				`/rules/${index}/id`,
				`"${id}" is already the id of /rules/${first}; ids are part of the dice and must differ`,
			);
		}
		seen.set(id, index);
	}
}

function checkRule(rule: Rule, pointer: string): void {
	const { match, select, attempts, action } = rule;
	checkCodes(match?.codes, `${pointer}/match/codes`);
	if (attempts.to !== undefined && attempts.to < attempts.from) {
		throw new ScenarioError(
			`${pointer}/attempts`,
			`ends before it begins: "${attempts.from}-${attempts.to}"`,
		);
	}
	if (!servedPaths().some((path) => matches(match, path))) {
		throw new ScenarioError(
			`${pointer}/match`,
			'matches no file of the server, which are /flags/{cc}/{cc}.gif and /flags/{cc}/metadata.json',
		);
	}
	if (select !== undefined && 'exactly' in select) {
		const flags = matchingFlags(match, flagCodes()).length;
		if (select.exactly > flags) {
			throw new ScenarioError(
				`${pointer}/select/exactly`,
				`asks for ${select.exactly} flags, and only ${flags} match the rule`,
			);
		}
	}
	checkAction(action, `${pointer}/then`);
}

function checkAction(action: Action, pointer: string): void {
	if (action.type === 'delay') {
		checkLatency(action.time, `${pointer}/time`);
	}
	if (action.type === 'bandwidth') {
		checkBandwidth(action.bytesPerSecond, `${pointer}/rate`);
	}
}

function checkLatency(latency: Latency, pointer: string): void {
	if (latency.dist === 'uniform' && latency.minMs > latency.maxMs) {
		throw new ScenarioError(pointer, 'min is longer than max');
	}
	if (latency.dist !== 'log-normal') {
		return;
	}
	if (latency.p50Ms === 0) {
		throw new ScenarioError(`${pointer}/p50`, 'must be longer than 0');
	}
	if (latency.p50Ms > latency.p99Ms) {
		throw new ScenarioError(pointer, 'p50 is longer than p99');
	}
	if (latency.maxMs !== undefined && latency.maxMs < latency.p50Ms) {
		throw new ScenarioError(pointer, 'max is shorter than p50');
	}
}

function checkBandwidth(bytesPerSecond: number, pointer: string): void {
	if (bytesPerSecond < 1) {
		throw new ScenarioError(pointer, 'must be at least 1B/s');
	}
}

function checkCodes(codes: readonly string[] | undefined, pointer: string): void {
	const known = flagCodes();
	for (const [index, code] of (codes ?? []).entries()) {
		if (!known.includes(code)) {
			throw new ScenarioError(
				`${pointer}/${index}`,
				`"${code}" is no country of ISO 3166-1${didYouMean(suggest(code, known))}`,
			);
		}
	}
}
