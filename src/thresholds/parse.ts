import { didYouMean, list, suggest } from '../util/suggest.ts';
import { quote } from '../util/text.ts';
import { type Kind, kindOf, METRIC_NAMES, type MetricName, UNITS } from './metrics.ts';
import {
	type LabelOffsets,
	type Operator,
	type Stat,
	type Threshold,
	ThresholdError,
	unexpected,
} from './threshold.ts';

const STATS = 'p(95), median, mean, min, max, lo or hi';

/**
 * Parses `metric.stat{selector} op limit`: `failed == 0`, `latency.p(95) < 250ms`,
 * `speedup.lo{strategy: async} >= 5x`.
 *
 * @throws {ThresholdError} The message says what was found and what is allowed, with a caret under the position.
 */
export function parseThreshold(text: string, why?: string): Threshold {
	const scanner = new Scanner(text);
	const at = { metric: scanner.at, selector: {}, stat: scanner.at };
	const metric = parseMetric(scanner);
	let selector: Readonly<Record<string, string>> = {};
	let stat: Stat | undefined;

	at.stat = scanner.at;
	if (scanner.consume(/\./) !== undefined) {
		stat = parseStat(scanner);
	}
	if (scanner.consume(/\{/) !== undefined) {
		({ selector, at: at.selector } = parseSelector(scanner));
	}
	const operator = scanner.expect(/<=|>=|==|!=|<|>/, 'one of < <= > >= == !=') as Operator;
	const limit = parseLimit(scanner, metric);
	if (!scanner.ended) {
		scanner.fail('the end');
	}
	return {
		text,
		...(why !== undefined && { why }),
		metric,
		selector,
		...(stat !== undefined && { stat }),
		operator,
		limit,
		at,
	};
}

/** Parses the longest metric name: `plan.diff` is a metric, `latency.p` is a metric with a stat. */
function parseMetric(scanner: Scanner): MetricName {
	const start = scanner.at;
	const rest = scanner.text.slice(start);
	const known = METRIC_NAMES.filter((name) => rest.startsWith(name))
		.filter((name) => !/^\w/.test(rest.slice(name.length)))
		.sort((a, b) => b.length - a.length)[0];
	if (known !== undefined) {
		scanner.consume(new RegExp(known.replace('.', '\\.')));
		return known;
	}

	const word = scanner.consume(/[\p{L}\p{N}_]+(?:\.[\p{L}_]+)?/u) ?? scanner.fail('a metric');
	const meant = suggest(word, METRIC_NAMES) ?? suggest(word.split('.')[0] ?? '', METRIC_NAMES);
	if (meant === undefined) {
		throw unexpected(scanner.text, start, `no metric ${quote(word)}`, METRIC_NAMES.join(', '));
	}
	const message = `${quote(word)} is not a metric${didYouMean(meant)}`;
	throw new ThresholdError(scanner.text, start, message);
}

/** Parses the stat after the dot. */
function parseStat(scanner: Scanner): Stat {
	const name = scanner.consume(/median|mean|min|max|lo|hi|p/) ?? scanner.fail(STATS);
	switch (name) {
		case 'median':
			return { of: 'percentile', percent: 50 };
		case 'mean':
		case 'min':
		case 'max':
		case 'lo':
		case 'hi':
			return { of: name };
		default:
			return { of: 'percentile', percent: parsePercent(scanner) };
	}
}

function parsePercent(scanner: Scanner): number {
	scanner.expect(/\(/, '"(", as in p(95)');
	const { at } = scanner;
	const percent = Number(scanner.expect(/\d+(?:\.\d+)?/, 'a percentage such as 95'));
	if (!(percent > 0 && percent < 100)) {
		throw unexpected(scanner.text, at, String(percent), 'a percentage between 0 and 100');
	}
	scanner.expect(/\)/, '")"');
	return percent;
}

/** Parses the labels after the opening brace: `strategy: async, c: 32}`. */
function parseSelector(scanner: Scanner): {
	readonly selector: Readonly<Record<string, string>>;
	readonly at: LabelOffsets;
} {
	const labels = new Map<string, string>();
	const at: Record<string, { readonly key: number; readonly value: number }> = {};

	do {
		const start = scanner.at;
		const key = scanner.expect(/[a-z]+/, 'a label such as strategy');
		if (labels.has(key)) {
			throw new ThresholdError(scanner.text, start, `the label ${key} is there twice`);
		}
		scanner.expect(/:/, '":"');
		at[key] = { key: start, value: scanner.at };
		labels.set(key, parseLabel(scanner));
	} while (scanner.consume(/,/) !== undefined);

	scanner.expect(/\}/, '"," or "}"');
	return { selector: Object.fromEntries(labels), at };
}

/** Parses a word, or any text in quotes. */
function parseLabel(scanner: Scanner): string {
	const quoted = scanner.consume(/"[^"]*"/);
	return quoted?.slice(1, -1) ?? scanner.expect(/[\p{L}\p{N}_./-]+/u, 'a value such as async');
}

/** Parses `0`, `250ms` or `80%`, in a unit of the metric. */
function parseLimit(scanner: Scanner, metric: MetricName): number {
	const units = UNITS[kindOf(metric)];
	const expected = expectedLimit(kindOf(metric));
	const start = scanner.at;
	const number = scanner.expect(/\d+(?:\.\d+)?/u, expected);
	const unit = scanner.consume(/[\p{L}%]+(?:\/s)?/u) ?? '';
	const scale = Object.hasOwn(units, unit) ? units[unit] : undefined;
	if (scale === undefined) {
		const found = unit === '' ? 'no unit' : `the unit ${quote(unit)}`;
		const { length } = number;
		throw unexpected(scanner.text, start + length, `${found} on a limit of ${metric}`, expected);
	}
	return Number(number) * scale;
}

function expectedLimit(kind: Kind): string {
	const units = Object.keys(UNITS[kind]).filter((unit) => unit !== '');
	if (kind === 'share') {
		return 'a percentage such as 80%';
	}
	if (kind === 'count') {
		return 'a plain number such as 0';
	}
	const examples = { time: '250ms', size: '1.5MB', speed: '1MB/s', ratio: '5x' };
	return `a number with ${list(units)}, such as ${examples[kind]}`;
}

/** Tokenises the text of a threshold. */
class Scanner {
	readonly text: string;
	#at = 0;

	constructor(text: string) {
		this.text = text;
	}

	/** Offset of the next token. */
	get at(): number {
		this.#at += /^\s*/.exec(this.text.slice(this.#at))?.[0].length ?? 0;
		return this.#at;
	}

	get ended(): boolean {
		return this.at === this.text.length;
	}

	/** Consumes a token if it matches at the current position, after white space. */
	consume(pattern: RegExp): string | undefined {
		const [found] = new RegExp(`^(?:${pattern.source})`, 'u').exec(this.text.slice(this.at)) ?? [];
		this.#at += found?.length ?? 0;
		return found;
	}

	/** @throws {ThresholdError} If it does not match. */
	expect(pattern: RegExp, expected: string): string {
		return this.consume(pattern) ?? this.fail(expected);
	}

	/** @throws {ThresholdError} Always; says what was found at the current position, and what is allowed. */
	fail(expected: string): never {
		const [found] = /^(?:[\p{L}\p{N}_.]+|.)/u.exec(this.text.slice(this.at)) ?? [];
		const what = found === undefined ? 'the end' : quote(found);
		throw unexpected(this.text, this.at, what, expected);
	}
}
