import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, type Option } from 'commander';
import { kindOf } from '../../schema/explain.ts';
import { Problems, UsageError } from '../../util/errors.ts';
import { didYouMean, explainInput, suggest } from '../../util/suggest.ts';
import { quote, quoteUrl } from '../../util/text.ts';
import { BUNDLED_SERVERS } from '../get/origin.ts';
import { emptyProblem, isRepeatable, readOptionFile } from './option.ts';

/** Options that a config file cannot contain. */
const COMMAND_LINE_ONLY = new Set(['config', 'help']);

/** Repeatable options whose values on the command line replace those of the file. */
const REPLACING_THE_FILE = new Set(['input']);

/** Mutually exclusive options: one on the command line replaces the other in the file. */
const MUTUALLY_EXCLUSIVE = [
	['server', 'template'],
	['server', 'scenario'],
	['template', 'scenario'],
	['server', 'tls'],
	['template', 'tls'],
	['output', 'with-names'],
	['all', 'every'],
	['concurrency', 'max-req'],
	['verbose', 'quiet'],
] as const;

/** Servers that these options do not contradict. */
const SERVERS_WITH: Readonly<Record<string, readonly string[]>> = {
	scenario: ['LOCAL'],
	tls: BUNDLED_SERVERS,
};

/**
 * Applies `--config`: a JSON object whose names are those of the options, without dashes. The command line takes
 * precedence, and paths are relative to the working directory, as for curl.
 *
 * @param file - As given.
 * @throws {UsageError} If the file is invalid; lists every problem.
 */
export function applyConfig(command: Command, file: string, cwd: string): void {
	const document = readDocument(file, cwd);
	const options = configurable(command.options);
	const names = options.map((option) => option.name());
	const problems = new Problems();
	for (const [name, value] of Object.entries(document)) {
		const option = options.find((one) => one.name() === name);
		const where = `--config: ${file}: ${quote(name)}`;
		if (option === undefined) {
			if (name !== '$schema') {
				const meant = suggest(name.replaceAll(/[A-Z]/g, '-$&'), names);
				problems.add(`--config: ${file}`, `${quote(name)} is not an option${didYouMean(meant)}`);
			}
			continue;
		}
		const read = readValue(option, value);
		if ('problem' in read) {
			problems.add(where, read.problem);
		} else if (read.value !== undefined) {
			setValue(command, option, read.value);
		}
	}
	problems.throwIfAny();
	refuseContradictions(command, file);
}

function configurable(options: readonly Option[]): readonly Option[] {
	return options.filter((option) => !COMMAND_LINE_ONLY.has(option.name()));
}

function readDocument(file: string, cwd: string): object {
	const text = readOptionFile('--config', resolve(cwd, file), quoteUrl(file));
	const usageError = (place: string, found: string) => {
		const allowed = 'an object such as {"output-dir": "flags", "retry": 5}';
		return new UsageError(`--config: ${file}${place}: ${explainInput(found, allowed)}`);
	};
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch (error) {
		// The message of `JSON.parse` quotes the file, which may contain a secret.
		throw usageError(placeIn(text, (error as Error).message), 'no JSON');
	}
	if (typeof document !== 'object' || document === null || Array.isArray(document)) {
		throw usageError('', kindOf(document));
	}
	return document;
}

/** `:3:14`, if the message contains a position. */
function placeIn(text: string, message: string): string {
	const position = /at position (\d+)/.exec(message)?.[1];
	if (position === undefined) {
		return '';
	}
	const lines = text.slice(0, Number(position)).split('\n');
	return `:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}

/** Values of repeatable options are combined, the command line's last; otherwise the command line wins. */
function setValue(command: Command, option: Option, value: unknown): void {
	const name = option.attributeName();
	const onCommandLine = optionsFrom('cli', command);
	const given = onCommandLine.get(option.name());
	if (given === undefined) {
		const all = new Map([...onCommandLine, [option.name(), value]]);
		if (!contradictions(all).some((pair) => pair.some((one) => one === option.name()))) {
			command.setOptionValueWithSource(name, value, 'config');
		}
	} else if (isRepeatable(option) && !REPLACING_THE_FILE.has(name)) {
		const combined = Array.isArray(value)
			? [...(value as unknown[]), ...(given as unknown[])]
			: { ...(value as object), ...(given as object) };
		command.setOptionValueWithSource(name, combined, 'cli');
	}
}

/** Names and values. */
function optionsFrom(source: 'cli' | 'config', command: Command): ReadonlyMap<string, unknown> {
	return new Map(
		command.options
			.filter((one) => command.getOptionValueSource(one.attributeName()) === source)
			.map((one) => [one.name(), command.getOptionValue(one.attributeName()) as unknown]),
	);
}

function contradictions(options: ReadonlyMap<string, unknown>) {
	const server = String(options.get('server')).toUpperCase();
	return MUTUALLY_EXCLUSIVE.filter(
		([one, other]) =>
			options.has(one) &&
			options.has(other) &&
			!(one === 'server' && SERVERS_WITH[other]?.includes(server)),
	);
}

type ReadResult = { readonly value: unknown } | { readonly problem: string };

/** @returns No value if a switch is off. */
function readValue(option: Option, given: unknown): ReadResult {
	if (!option.required && typeof given === 'boolean') {
		return { value: given ? !option.negate : undefined };
	}
	if (!option.required && !option.optional) {
		return { problem: explainInput(kindOf(given), 'true or false') };
	}
	const items: readonly unknown[] = Array.isArray(given) && isRepeatable(option) ? given : [given];
	let value: unknown;
	for (const item of items) {
		if (typeof item !== 'string' && typeof item !== 'number') {
			const allowed = isRepeatable(option) ? 'a text, or a list of texts' : 'a text or a number';
			return { problem: explainInput(kindOf(item), allowed) };
		}
		try {
			value = option.parseArg === undefined ? String(item) : parsed(option, String(item), value);
		} catch (error) {
			if (error instanceof UsageError) {
				return { problem: error.message };
			}
			throw error;
		}
	}
	const problem = emptyProblem(option, value);
	return problem === undefined ? { value } : { problem };
}

function parsed(option: Option, text: string, before: unknown): unknown {
	try {
		return option.parseArg?.(text, before);
	} catch (error) {
		if (error instanceof InvalidArgumentError && option.argChoices !== undefined) {
			const meant = suggest(text, option.argChoices);
			throw new UsageError(explainInput(quote(text), option.argChoices.join(', '), meant));
		}
		if (error instanceof InvalidArgumentError) {
			// Not quoted: the value may be a secret meant for another option.
			throw new UsageError(explainInput('another value', error.message));
		}
		throw error;
	}
}

/** Commander checks for contradictions on the command line, before the file is read. */
function refuseContradictions(command: Command, file: string): void {
	const problems = new Problems();
	for (const [one, other] of contradictions(optionsFrom('config', command))) {
		problems.add(`--config: ${file}`, `"${one}" and "${other}" contradict each other`);
	}
	problems.throwIfAny();
}

/** The JSON Schema of a config file, for editors. */
export function configSchema(options: readonly Option[]): object {
	const properties = configurable(options).map((option): [string, object] => [
		option.name(),
		{ ...shapeOf(option), description: option.description, ...defaultOf(option) },
	]);
	return {
		type: 'object',
		properties: { $schema: { type: 'string' }, ...Object.fromEntries<object>(properties) },
		additionalProperties: false,
	};
}

function defaultOf({ defaultValue, defaultValueDescription }: Option): { default?: unknown } {
	return defaultValue === undefined ? {} : { default: defaultValueDescription ?? defaultValue };
}

function shapeOf(option: Option): object {
	if (!option.required) {
		return { type: option.optional ? ['boolean', 'string'] : 'boolean' };
	}
	if (option.argChoices !== undefined) {
		return { enum: option.argChoices };
	}
	const one = { type: ['string', 'number'] };
	return isRepeatable(option) ? { anyOf: [one, { type: 'array', items: one }] } : one;
}
