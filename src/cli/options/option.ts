import { type Command, Option } from 'commander';
import { systemReason, UsageError } from '../../util/errors.ts';
import { readTextFile } from '../../util/read-text-file.ts';
import { explainInput } from '../../util/suggest.ts';
import { parseWhole } from './values.ts';

/** An option with the type of its value, which includes undefined if the option may be absent. */
export type Typed<Value> = Option & { readonly typeOfValue?: { readonly is: Value } };

/** Options of a command, by attribute name. */
type Options = Readonly<Record<string, Typed<unknown>>>;

type ValueOf<O> = O extends Typed<infer Value> ? Value : never;

/** The option values that a command receives. */
export type FlagsOf<O extends Options> = {
	readonly [K in keyof O as undefined extends ValueOf<O[K]> ? never : K]: ValueOf<O[K]>;
} & {
	readonly [K in keyof O as undefined extends ValueOf<O[K]> ? K : never]?: Exclude<
		ValueOf<O[K]>,
		undefined
	>;
};

export function flag(flags: string, description: string): Typed<boolean | undefined> {
	return new Option(flags, description);
}

type Parse<Value> = (text: string, before?: Value) => Value;

/** An option with a value, as given or as parsed. */
export function option(flags: string, description: string): Typed<string | undefined>;
export function option<T>(flags: string, help: string, parse: Parse<T>): Typed<T | undefined>;
export function option<T>(
	flags: string,
	help: string,
	parse: Parse<T> | undefined,
	preset: T,
	shownPreset?: string,
): Typed<T>;
export function option<T>(
	flags: string,
	help: string,
	parse?: Parse<T>,
	preset?: T,
	shownPreset?: string,
): Typed<T | undefined> {
	const created = new Option(flags, help);
	return (parse === undefined ? created : created.argParser(parse)).default(preset, shownPreset);
}

export function choice<const Word extends string>(
	flags: string,
	description: string,
	words: readonly Word[],
	preset: Word,
): Typed<Word> {
	return new Option(flags, description).choices(words).default(preset);
}

/** A repeatable option. It has no default `[]`, because help would show it. */
export function repeated(
	flags: string,
	description: string,
	parse: (text: string) => string = (text) => text,
): Typed<readonly string[]> {
	return new Option(flags, `${description} (repeatable)`).argParser(
		(value: string, before: readonly string[] | undefined) => [...(before ?? []), parse(value)],
	);
}

/** Options that several commands share. */
export const allOption = () => flag('-a, --all', 'all 249 countries of ISO 3166-1');
export const everyOption = () => flag('-e, --every', 'all 676 pairs of letters, AA to ZZ');
export const limitOption = () =>
	option('-l, --limit <n>', 'only the first n targets', parseWhole(1, 1_000_000_000));
export const inputOption = () =>
	repeated('-i, --input <file>', 'a list with one code or URL per line; - is standard input');
export const checksumsOption = () =>
	option(
		'--checksums <file>',
		'digests to verify (SHA-256, -384, -512), as written by sha256sum, BSD or openssl',
	);
export const outputDirOption = () =>
	option(
		'-d, --output-dir <dir>',
		'directory to save to; created if missing',
		undefined,
		'downloads',
	);
export const threadsOption = () =>
	option(
		'--threads <n>',
		'worker threads of the strategy threads (default: cores)',
		parseWhole(1, 1000),
	);
export const tlsOption = () =>
	flag('--tls', 'serve HTTPS with a certificate made at start (needs the package selfsigned)');
export const thresholdOptions = (example: string) => ({
	threshold: repeated('--threshold <expression>', `fail unless this holds, such as '${example}'`),
	thresholdFile: repeated(
		'--threshold-file <file>',
		'thresholds with the reason for each, as JSON',
	),
});

/** Whether the values of an option accumulate, according to its help. */
export function isRepeatable({ description }: Pick<Option, 'description'>): boolean {
	return description.includes('(repeatable)');
}

/** Puts options under a heading of the help. */
export function group<O extends Options>(heading: string, options: O): O {
	for (const one of Object.values(options)) {
		one.helpGroup(heading);
	}
	return options;
}

export function addOptions(command: Command, options: Options): Command {
	for (const one of Object.values(options)) {
		command.addOption(one);
	}
	return command;
}

/** One occurrence of an option on the command line. */
export interface GivenOption {
	readonly option: Option;
	readonly value?: string;
}

/** Records the options on the command line in order; filled during parsing. */
export function recordGiven(command: Command): readonly GivenOption[] {
	const given: GivenOption[] = [];
	for (const one of command.options) {
		command.on(`option:${one.name()}`, (value?: string | null) => {
			given.push({ option: one, ...(typeof value === 'string' && { value }) });
		});
	}
	return given;
}

/** By the name of the value in help. */
const ALLOWED: Readonly<Record<string, string>> = {
	address: 'a numeric address; 0.0.0.0 is every interface',
	dir: 'a directory; . is the working directory',
	file: 'the name of a file',
	template: 'a template such as {basename}',
	'name:password': "--user 'name:password'",
};

/**
 * An unset shell variable yields an empty value. An empty path would mean the working directory, and an empty
 * address every interface.
 *
 * @throws {UsageError}
 */
export function refuseEmptyValues(command: Command): void {
	for (const one of command.options) {
		const problem = emptyProblem(one, command.getOptionValue(one.attributeName()));
		if (problem !== undefined) {
			throw new UsageError(`${one.long}: ${problem}`);
		}
	}
}

export function emptyProblem({ flags }: Option, value: unknown): string | undefined {
	const allowed = ALLOWED[/[<[]([^\]>]+)[\]>]$/.exec(flags)?.[1] ?? ''];
	const isEmpty = value === '' || (Array.isArray(value) && value.includes(''));
	return isEmpty && allowed !== undefined ? explainInput('""', allowed) : undefined;
}

/** Prefixes usage errors of a function with the name of an option. */
export function withOptionName<T>(option: string, read: () => T): T {
	try {
		return read();
	} catch (error) {
		if (error instanceof UsageError) {
			throw new UsageError(`${option}: ${error.message}`, { cause: error });
		}
		throw error;
	}
}

/**
 * Reads a small file that an option names.
 *
 * @param shown - Name of the file in messages.
 * @param hint - Appended to the message.
 * @throws {UsageError} With the system's error as its cause.
 */
export function readOptionFile(option: string, path: string, shown: string, hint = ''): string {
	try {
		return readTextFile(path);
	} catch (error) {
		const message = `${option}: cannot read ${shown}: ${systemReason(error)}${hint}`;
		throw new UsageError(message, { cause: error });
	}
}
