import { Command } from 'commander';
import { UsageError } from '../util/errors.ts';
import { withoutUserInfoOf } from '../util/secrets.ts';
import { explainInput, suggest } from '../util/suggest.ts';
import { printableLines, quoteUrl } from '../util/text.ts';
import { VERSION } from '../util/version.ts';
import { addBenchCommand } from './bench/command.ts';
import { addCompletionCommand } from './completion/command.ts';
import type { ExitCode } from './exit-code.ts';
import { addFindCommand } from './find/command.ts';
import { addGetCommand } from './get/command.ts';
import type { Io } from './io.ts';
import { refuseEmptyValues } from './options/option.ts';
import { addScenarioCommand } from './scenario/command.ts';
import { addServeCommand } from './serve/command.ts';
import { addSmokeCommand } from './smoke/command.ts';
import { addWorkerCommand } from './worker-command.ts';

const DESCRIPTION = `Download many small files at once, measure the ways of doing it, and prove a downloader right.
Without a command it is flagdl get: flagdl br cn in`;

/** The commands beside `get`, in the order of the help. */
const OTHERS = new Map([
	['find', addFindCommand],
	['serve', addServeCommand],
	['scenario', addScenarioCommand],
	['bench', addBenchCommand],
	['smoke', addSmokeCommand],
	['worker', addWorkerCommand],
	['completion', addCompletionCommand],
]);

/** A terminal as people have it; pipes and files get the same. */
const HELP_WIDTH = 80;

const MORE_HELP = `
How to download, with all options and examples:
  flagdl get --help`;

const HELP = new Set(['-h', '--help', 'help']);

export const COMMANDS: readonly string[] = ['get', ...OTHERS.keys()];

/** The command line of flagdl. Each command loads its work when it is called, not before. */
export function createProgram(io: Io, done: (code: ExitCode) => void): Command {
	const program = new Command('flagdl')
		.description(DESCRIPTION)
		.version(VERSION, '-V, --version', 'print the version')
		.helpOption('-h, --help', 'print this help')
		.helpCommand('help [command]', 'print the help of a command')
		.showSuggestionAfterError()
		.exitOverride()
		.hook('preAction', (_, command) => refuseEmptyValues(command))
		.configureHelp({ helpWidth: Math.min(io.stdout.columns || HELP_WIDTH, HELP_WIDTH) })
		.addHelpText('after', MORE_HELP)
		.configureOutput({
			writeOut: (text) => io.stdout.write(text),
			writeErr: (text) => io.stderr.write(text),
			// Told by what catches the error, in the words and colours of all messages.
			outputError() {},
		});

	addGetCommand(program, io, done);
	// No other command needs them, and their options take 4 ms.
	if (io.argv.some((word) => OTHERS.has(word) || HELP.has(word))) {
		for (const add of OTHERS.values()) {
			add(program, io, done);
		}
	}
	return program;
}

/**
 * `flagdl help` prints the help of everything for a command that there is not.
 *
 * @throws {UsageError}
 */
export function refuseHelpOfUnknown([first, second]: readonly string[]): void {
	const isCommand = (word: string) => COMMANDS.includes(word) || word === 'help';
	if (first === 'help' && second?.startsWith('-') === false && !isCommand(second)) {
		const found = `no command ${quoteUrl(second)}`;
		throw new UsageError(explainInput(found, COMMANDS.join(', '), suggest(second, COMMANDS)));
	}
}

/** A message for the terminal that may quote the command line: without the user info of URLs in it. */
export function shownText(message: string, argv: readonly string[]): string {
	const values = argv.map((word) => word.replace(/^(?:--[\w-]+=|-\w|@)/, ''));
	return printableLines(withoutUserInfoOf([...argv, ...values], message));
}
