import { type Command, CommanderError } from 'commander';
import { isSystemError, UsageError } from '../util/errors.ts';
import { didYouMean, explainInput, suggest } from '../util/suggest.ts';
import { VERSION } from '../util/version.ts';
import { codeOfEnding, codeOfError, EXIT, type ExitCode, worst } from './exit-code.ts';
import { type Io, paintFor } from './io.ts';
import { COMMANDS, createProgram, refuseHelpOfUnknown, shownText } from './program.ts';

/** Runs a command line and flushes its output. Never throws. */
export async function runCommandLine(io: Io): Promise<ExitCode> {
	const code = await runCommand(io);
	try {
		await io.flush();
		return code;
	} catch (error) {
		// A run has already reported it.
		if (code !== EXIT.cannotRun) {
			io.stderr.write(`flagdl: ${(error as Error).message}\n`);
		}
		return worst(code, EXIT.cannotRun);
	}
}

async function runCommand(io: Io): Promise<ExitCode> {
	let code: ExitCode = EXIT.ok;
	const program = createProgram(io, (done) => {
		code = done;
	});

	try {
		refuseHelpOfUnknown(io.argv);
		const [first, ...words] = io.argv;
		// Commander's `help` takes no sub-command.
		const argv = first === 'help' && words.length > 1 ? [...words, '--help'] : io.argv;
		await program.parseAsync(argv, { from: 'user' });
		return code;
	} catch (thrown) {
		// Node's APIs throw an AbortError instead of the signal's reason.
		const isAbort = thrown instanceof Error && thrown.name === 'AbortError';
		const error: unknown = isAbort ? io.interrupted.reason : thrown;
		const [first = ''] = io.argv;
		const isCommand = COMMANDS.includes(first);
		for (const one of error instanceof AggregateError ? distinct(error.errors) : [error]) {
			await explain(one, isCommand ? first : 'get', io, program);
		}
		if (error instanceof UsageError && /^[a-z]{3,}$/i.test(first) && !isCommand) {
			const meant = suggest(first.toLowerCase(), COMMANDS);
			io.stderr.write(
				meant === undefined ? '' : `${first} is not a command; did you mean flagdl ${meant}?\n`,
			);
		}
		return codeOfEnding(error, io.interrupted);
	}
}

/** Two writers of one stream fail alike. */
function distinct(errors: readonly unknown[]): unknown[] {
	return [...new Map(errors.map((error) => [String(error), error])).values()];
}

async function explain(
	error: unknown,
	command: string,
	{ argv, stderr, env }: Io,
	program: Command,
): Promise<void> {
	const paint = await paintFor(stderr, env);
	const print = (text: string) =>
		stderr.write(`${paint.bad('flagdl:')} ${shownText(text, argv)}\n`);
	const code = codeOfError(error);
	const message = error instanceof Error ? error.message : String(error);
	if (code === EXIT.bug) {
		stderr.write(bugReport(error, argv));
	} else if (isSystemError(error)) {
		print(`cannot go on: ${message}`);
	} else {
		const text =
			error instanceof CommanderError
				? await commanderMessage(message, command, optionsOf(program, command))
				: message;
		if (text !== undefined) {
			print(text);
		}
	}
	if (code === EXIT.usage) {
		stderr.write(`See flagdl ${command} --help\n`);
	}
}

function optionsOf(program: Command, name: string): readonly string[] {
	const command = program.commands.find((one) => one.name() === name);
	const all = command === undefined ? [] : [command, ...command.commands];
	return all.flatMap((one) => one.options.map(({ long }) => long ?? ''));
}

/** Text for an unexpected error, with everything that is needed to report it. */
export function bugReport(error: unknown, argv: readonly string[]): string {
	const { stack: trace = String(error) } = (error instanceof Error ? error : {}) as Partial<Error>;
	return `flagdl ${VERSION}: this is a bug in flagdl, not in what you did. Please report it, with the
command line and these lines:
${shownText(trace, argv)}
`;
}

/**
 * Rewrites a message of commander in the style of all other messages: `"thread" is not a strategy`.
 *
 * @param text - Message of a `CommanderError`; it may quote the value of an unknown option, which may be a
 *   secret.
 * @param options - Existing options of the command, with their dashes.
 * @returns Undefined if the text is not an error but the end of help.
 */
async function commanderMessage(
	text: string,
	command: string,
	options: readonly string[],
): Promise<string | undefined> {
	if (!text.startsWith('error: ')) {
		return undefined;
	}
	const message = text.slice('error: '.length).trimEnd();
	const unknown = /^unknown option '(--[^=']*|-[^-'])?/.exec(message);
	if (unknown !== null) {
		const [, name = 'this'] = unknown;
		const { INSTEAD } = await import('./options/foreign.ts');
		const instead = command === 'get' ? INSTEAD.get(name) : undefined;
		if (instead !== undefined) {
			return `${name} is not an option: ${instead}`;
		}
		const isKnown = options.includes(name);
		const hint = isKnown ? ' of this command' : didYouMean(suggest(name, options));
		return `${name} is not an option${hint}`;
	}
	for (const [pattern, rewrite] of REWRITES) {
		const found = pattern.exec(message);
		if (found !== null) {
			// An unmatched group is undefined, although its type does not say so.
			const groups = Array.from(found.slice(1), (group: string | undefined) => group ?? '');
			return rewrite(...(groups as [string, string, string]));
		}
	}
	return message;
}

type Rewrite = (first: string, second: string, third: string) => string;

const REWRITES: readonly (readonly [RegExp, Rewrite])[] = [
	[
		/^option '([^']*)' argument '([\s\S]*)' is invalid\. Allowed choices are ([^.]*)\.$/,
		(flags, value, choices) => {
			const meant = suggest(value, choices.split(', '));
			return nameOf(flags) === '--strategy' && meant !== undefined
				? `${inQuotes(value)} is not a strategy${didYouMean(meant)}`
				: `${nameOf(flags)}: ${explainInput(inQuotes(value), choices, meant)}`;
		},
	],
	[
		/^option '([^']*)' argument '([\s\S]*)' is invalid\. ([\s\S]*)$/,
		(flags, value, rest) => `${nameOf(flags)}: ${explainInput(inQuotes(value), rest)}`,
	],
	[
		/^command-argument value '([\s\S]*)' is invalid for argument '([^']*)'\. Allowed choices are ([^.]*)\.$/,
		(value, name, choices) =>
			`<${name}>: ${explainInput(inQuotes(value), choices, suggest(value, choices.split(', ')))}`,
	],
	[
		/^option '([^']*)' argument missing$/,
		(flags) => `${nameOf(flags)} needs a value: ${flags.replace(/^.*?(?=<)/, '')}`,
	],
	[
		/^option '([^']*)' cannot be used with option '([^']*)'$/,
		(one, other) => `${nameOf(one)} and ${nameOf(other)} contradict each other; give one of them`,
	],
	[
		/^unknown command '([^']*)'(?:\n\(Did you mean ([^?]*)\?\))?$/,
		(name, meant) =>
			`${inQuotes(name)} is not a command${meant === '' ? '' : `; did you mean ${meant}?`}`,
	],
	[/^missing required argument '([^']*)'$/, (name) => `<${name}> is missing`],
	[
		/^too many arguments for '([^']*)'\. Expected (\d+) arguments? but got (\d+)\.$/,
		(command, expected, found) =>
			`${command} takes ${expected === '0' ? 'no' : expected} argument${expected === '1' ? '' : 's'}; found ${found}`,
	],
];

function nameOf(flags: string): string {
	return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}

function inQuotes(value: string): string {
	return `"${value}"`;
}
