import { type Command, CommanderError } from 'commander';
import { isSystemError, UsageError } from '../util/errors.ts';
import { suggest } from '../util/suggest.ts';
import { VERSION } from '../util/version.ts';
import { commanderMessage } from './commander-message.ts';
import { codeOfEnding, codeOfError, EXIT, type ExitCode, worst } from './exit-code.ts';
import { type Io, paintFor } from './io.ts';
import { COMMANDS, createProgram, refuseHelpOfUnknown, shownText } from './program.ts';

/** Runs one command line from its arguments to its exit code, with all output written. Never throws. */
export async function runCommandLine(io: Io): Promise<ExitCode> {
	const code = await runCommand(io);
	try {
		await io.flush();
		return code;
	} catch (error) {
		// A run has said so itself.
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
		await program.parseAsync(io.argv, { from: 'user' });
		return code;
	} catch (thrown) {
		// What Node throws where a signal was given to it.
		const isAbort = thrown instanceof Error && thrown.name === 'AbortError';
		const error: unknown = isAbort ? io.interrupted.reason : thrown;
		const [first = ''] = io.argv;
		const isCommand = COMMANDS.includes(first);
		for (const one of error instanceof AggregateError ? error.errors : [error]) {
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

async function explain(
	error: unknown,
	command: string,
	{ argv, stderr, env }: Io,
	program: Command,
): Promise<void> {
	const paint = await paintFor(stderr, env);
	const tell = (text: string) => stderr.write(`${paint.bad('flagdl:')} ${shownText(text, argv)}\n`);
	const code = codeOfError(error);
	const message = error instanceof Error ? error.message : String(error);
	if (code === EXIT.bug) {
		stderr.write(bugReport(error, argv));
	} else if (isSystemError(error)) {
		tell(`cannot go on: ${message}`);
	} else {
		const text =
			error instanceof CommanderError
				? commanderMessage(message, optionsOf(program, command))
				: message;
		if (text !== undefined) {
			tell(text);
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

/** What a user sees of a bug: enough to report it. */
export function bugReport(error: unknown, argv: readonly string[]): string {
	const { stack: trace = String(error) } = (error instanceof Error ? error : {}) as Partial<Error>;
	return `flagdl ${VERSION}: this is a bug in flagdl, not in what you did. Please report it, with the
command line and these lines:
${shownText(trace, argv)}
`;
}
