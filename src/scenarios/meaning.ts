import type { Problem } from '../schema/explain.ts';
import { explainInput, suggest } from '../util/suggest.ts';
import type { Action, Latency, Phase, Rule, Scenario } from './scenario.ts';
import { FLAGS, flagCodes, matches, matchingFiles, type ServedFiles } from './served-files.ts';

/**
 * What has the right form and yet cannot be meant: an id used twice, an unknown country, a range that
 * ends before it begins, a limit of nothing, a rule that no request can ever meet.
 */
export function meaningProblems(
	{ latency, limits, rules, expect }: Scenario,
	files: ServedFiles = FLAGS,
): Problem[] {
	return [
		...(latency === undefined ? [] : latencyProblems(latency, '/latency')),
		...bandwidthProblems(limits.bytesPerSecond, '/limits/bandwidth'),
		...(limits.rate?.windowMs === 0
			? [
					{
						pointer: '/limits/rateLimit/window',
						message: explainInput('no time', 'a time longer than 0'),
					},
				]
			: []),
		...idProblems(rules),
		...rules.flatMap((rule, index) => ruleProblems(rule, `/rules/${index}`, files)),
		...codeProblems(expect?.codes, '/expect/codes'),
	];
}

function idProblems(rules: readonly Rule[]): Problem[] {
	const seen = new Map<string, number>();
	return rules.flatMap(({ id }, index) => {
		const first = seen.get(id);
		seen.set(id, first ?? index);
		return first === undefined
			? []
			: [
					{
						pointer: `/rules/${index}/id`,
						message: `"${id}" is already the id of /rules/${first}; ids are part of the dice and must differ`,
					},
				];
	});
}

function ruleProblems(rule: Rule, pointer: string, files: ServedFiles): Problem[] {
	const { match, select, attempts, action } = rule;
	const problems = codeProblems(match?.codes, `${pointer}/match/codes`);
	if (attempts.to !== undefined && attempts.to < attempts.from) {
		const range = `"${attempts.from}-${attempts.to}", which ends before it begins`;
		const message = explainInput(range, `a range such as "${attempts.to}-${attempts.from}"`);
		problems.push({ pointer: `${pointer}/attempts`, message });
	}
	if (files.areOthers === true) {
		return [
			...problems,
			...upstreamProblems(rule, pointer),
			...actionProblems(action, `${pointer}/then`),
		];
	}
	if (problems.length === 0 && !files.paths.some((path) => matches(match, path))) {
		problems.push({
			pointer: `${pointer}/match`,
			message: `matches no file of the server, which are ${files.form}`,
		});
	}
	if (problems.length === 0 && select !== undefined && 'exactly' in select) {
		const { length } = matchingFiles(match, files);
		if (select.exactly > length) {
			problems.push({
				pointer: `${pointer}/select/exactly`,
				message: `asks for ${select.exactly} files, and only ${length} match the rule`,
			});
		}
	}
	return [...problems, ...actionProblems(action, `${pointer}/then`)];
}

const UPSTREAM_ALLOWED = 'delay, bandwidth, status, reset, close, stall, truncate, corrupt';

/** What a rule asks for that cannot be done to the answers of a service, whose paths and lengths are not known. */
function upstreamProblems({ match, select, action }: Rule, pointer: string): Problem[] {
	const problems: Problem[] = [];
	if (match?.codes !== undefined) {
		const message = 'chooses flags, and --upstream has none; give match.path';
		problems.push({ pointer: `${pointer}/match/codes`, message });
	}
	if (select !== undefined && 'exactly' in select) {
		const message = 'chooses from a list of files, and --upstream has none; give probability';
		problems.push({ pointer: `${pointer}/select/exactly`, message });
	}
	if (!UPSTREAM_ALLOWED.split(', ').includes(action.type)) {
		const message = explainInput(`"${action.type}", which --upstream cannot do`, UPSTREAM_ALLOWED);
		problems.push({ pointer: `${pointer}/then/type`, message });
	}
	const place = placeOf(action);
	if (typeof place?.at === 'object' && 'fraction' in place.at) {
		const message =
			'is a fraction of a body whose length --upstream need not know; give { "bytes": "100B" }';
		problems.push({ pointer: `${pointer}/then/${place.key}`, message });
	}
	return problems;
}

function placeOf(
	action: Action,
): { readonly key: string; readonly at: Phase | undefined } | undefined {
	if (action.type === 'bandwidth') {
		return { key: 'after', at: action.after };
	}
	return 'at' in action ? { key: 'at', at: action.at } : undefined;
}

function actionProblems(action: Action, pointer: string): Problem[] {
	if (action.type === 'delay') {
		return latencyProblems(action.time, `${pointer}/time`);
	}
	if (action.type === 'encoded' && action.as === 'transfer' && action.coding === 'br') {
		const message = explainInput(
			'br, which is no transfer coding (RFC 9112, section 7)',
			'gzip, deflate',
		);
		return [{ pointer: `${pointer}/coding`, message }];
	}
	return action.type === 'bandwidth'
		? bandwidthProblems(action.bytesPerSecond, `${pointer}/rate`)
		: [];
}

function latencyProblems(latency: Latency, pointer: string): Problem[] {
	if (latency.dist === 'uniform') {
		return latency.minMs > latency.maxMs ? [{ pointer, message: 'min is longer than max' }] : [];
	}
	if (latency.dist === 'constant') {
		return [];
	}
	const { p50Ms, p99Ms, maxMs } = latency;
	const problems: Problem[] = [];
	if (p50Ms === 0) {
		problems.push({
			pointer: `${pointer}/p50`,
			message: explainInput('no time', 'a time longer than 0'),
		});
	}
	if (p50Ms > p99Ms) {
		problems.push({ pointer, message: 'p50 is longer than p99' });
	}
	if (maxMs !== undefined && maxMs < p50Ms) {
		problems.push({ pointer, message: 'max is shorter than p50' });
	}
	return problems;
}

function bandwidthProblems(bytesPerSecond: number | undefined, pointer: string): Problem[] {
	return bytesPerSecond !== undefined && bytesPerSecond < 1
		? [{ pointer, message: explainInput('less than 1B/s', 'at least 1B/s') }]
		: [];
}

function codeProblems(codes: readonly string[] | undefined, pointer: string): Problem[] {
	const known = flagCodes();
	return (codes ?? []).flatMap((code, index) =>
		known.includes(code)
			? []
			: [
					{
						pointer: `${pointer}/${index}`,
						message: explainInput(`"${code}"`, 'a country of ISO 3166-1', suggest(code, known)),
					},
				],
	);
}
