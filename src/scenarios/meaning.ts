import type { Problem } from '../schema/explain.ts';
import { explainInput, suggest } from '../util/suggest.ts';
import type { Action, Latency, Rule, Scenario } from './scenario.ts';
import { FLAGS, flagCodes, matches, matchingFiles, type ServedFiles } from './served-files.ts';

type Add = (pointer: string, message: string) => void;

/**
 * Semantic problems of a syntactically valid scenario: a duplicate id, an unknown country, an inverted
 * range, a limit of zero, a rule that no request can match.
 */
export function meaningProblems(
	{ latency, limits, rules, expect }: Scenario,
	files: ServedFiles = FLAGS,
): Problem[] {
	const problems: Problem[] = [];
	const add: Add = (pointer, message) => problems.push({ pointer, message });
	if (latency !== undefined) {
		checkLatency(latency, '/latency', add);
	}
	checkBandwidth(limits.bytesPerSecond, '/limits/bandwidth', add);
	if (limits.rate?.windowMs === 0) {
		add('/limits/rateLimit/window', explainInput('no time', 'a time longer than 0'));
	}
	checkIds(rules, add);
	for (const [index, rule] of rules.entries()) {
		checkRule(rule, `/rules/${index}`, files, add);
	}
	checkCodes(expect?.codes, '/expect/codes', add);
	return problems;
}

function checkIds(rules: readonly Rule[], add: Add): void {
	for (const [index, { id }] of rules.entries()) {
		const first = rules.findIndex((rule) => rule.id === id);
		if (first < index) {
			const why = `is already the id of /rules/${first}; ids are part of the dice and must differ`;
			add(`/rules/${index}/id`, `"${id}" ${why}`);
		}
	}
}

function checkRule(rule: Rule, pointer: string, files: ServedFiles, addProblem: Add): void {
	const { match, select, attempts, action } = rule;
	let count = 0;
	const add: Add = (...problem) => {
		count += 1;
		addProblem(...problem);
	};
	checkCodes(match?.codes, `${pointer}/match/codes`, add);
	if (attempts.to !== undefined && attempts.to < attempts.from) {
		const range = `"${attempts.from}-${attempts.to}", which ends before it begins`;
		const allowed = `a range such as "${attempts.to}-${attempts.from}"`;
		add(`${pointer}/attempts`, explainInput(range, allowed));
	}
	if (files.areOthers === true) {
		checkForUpstream(rule, pointer, add);
	} else if (count === 0 && !files.paths.some((path) => matches(match, path))) {
		add(`${pointer}/match`, `matches no file of the server, which are ${files.form}`);
	} else if (count === 0 && select !== undefined && 'exactly' in select) {
		const { length } = matchingFiles(match, files);
		if (select.exactly > length) {
			const message = `asks for ${select.exactly} files, and only ${length} match the rule`;
			add(`${pointer}/select/exactly`, message);
		}
	}
	checkAction(action, `${pointer}/then`, add);
}

const UPSTREAM_ALLOWED = 'delay, bandwidth, status, reset, close, stall, truncate, corrupt';

/** Rejects what needs the paths or lengths of an upstream service, which are unknown. */
function checkForUpstream({ match, select, action }: Rule, pointer: string, add: Add): void {
	if (match?.codes !== undefined) {
		const message = 'chooses flags, and --upstream has none; give match.path';
		add(`${pointer}/match/codes`, message);
	}
	if (select !== undefined && 'exactly' in select) {
		const message = 'chooses from a list of files, and --upstream has none; give probability';
		add(`${pointer}/select/exactly`, message);
	}
	if (!UPSTREAM_ALLOWED.split(', ').includes(action.type)) {
		const found = `"${action.type}", which --upstream cannot do`;
		add(`${pointer}/then/type`, explainInput(found, UPSTREAM_ALLOWED));
	}
	const [key, place] =
		action.type === 'bandwidth'
			? (['after', action.after] as const)
			: (['at', 'at' in action ? action.at : undefined] as const);
	if (typeof place === 'object' && 'fraction' in place) {
		const message =
			'is a fraction of a body whose length --upstream need not know; give { "bytes": "100B" }';
		add(`${pointer}/then/${key}`, message);
	}
}

function checkAction(action: Action, pointer: string, add: Add): void {
	if (action.type === 'delay') {
		checkLatency(action.time, `${pointer}/time`, add);
	}
	if (action.type === 'encoded' && action.as === 'transfer' && action.coding === 'br') {
		const found = 'br, which is no transfer coding (RFC 9112, section 7)';
		add(`${pointer}/coding`, explainInput(found, 'gzip, deflate'));
	}
	if (action.type === 'bandwidth') {
		checkBandwidth(action.bytesPerSecond, `${pointer}/rate`, add);
	}
}

function checkLatency(latency: Latency, pointer: string, add: Add): void {
	if (latency.dist === 'uniform' && latency.minMs > latency.maxMs) {
		add(pointer, 'min is longer than max');
	}
	if (latency.dist !== 'log-normal') {
		return;
	}
	const { p50Ms, p99Ms, maxMs } = latency;
	if (p50Ms === 0) {
		add(`${pointer}/p50`, explainInput('no time', 'a time longer than 0'));
	}
	if (p50Ms > p99Ms) {
		add(pointer, 'p50 is longer than p99');
	}
	if (maxMs !== undefined && maxMs < p50Ms) {
		add(pointer, 'max is shorter than p50');
	}
}

function checkBandwidth(bytesPerSecond: number | undefined, pointer: string, add: Add): void {
	if (bytesPerSecond !== undefined && bytesPerSecond < 1) {
		add(pointer, explainInput('less than 1B/s', 'at least 1B/s'));
	}
}

function checkCodes(codes: readonly string[] = [], pointer: string, add: Add): void {
	const known = flagCodes();
	for (const [index, code] of codes.entries()) {
		if (!known.includes(code)) {
			const meant = suggest(code, known);
			add(`${pointer}/${index}`, explainInput(`"${code}"`, 'a country of ISO 3166-1', meant));
		}
	}
}
