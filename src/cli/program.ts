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

const DESCRIPTION = `Download many small files at once, benchmark the strategies, and test downloaders.
Without a command, flagdl runs get: flagdl br cn in`;

/** Commands other than `get`, in the order of help. */
const OTHER_COMMANDS: Readonly<Record<string, (program: Command, io: Io, done: Done) => void>> = {
	find: (program, io, done) =>
		addFindCommand(program, async (words, flags) => {
			const { find } = await import('./find/find.ts');
			done(await find(words, flags, io));
		}),
	serve: (program, io, done) =>
		addServeCommand(program, async (command, flags) => {
			const { serve } = await import('./serve/serve.ts');
			// The command that it runs may exit with any code.
			done((await serve(command, flags, io)) as ExitCode);
		}),
	scenario(program, io, done) {
		const load = () => import('./scenario/scenario.ts');
		addScenarioCommand(program, {
			list: async () => done((await load()).listScenarios(io)),
			show: async (name) => done((await load()).showScenario(name, io)),
			check: async (name, flags) => done(await (await load()).checkScenario(name, flags, io)),
			plan: async (name, codes, flags) =>
				done(await (await load()).planScenario(name, codes, flags, io)),
		});
	},
	bench: (program, io, done) =>
		addBenchCommand(program, async (codes, flags) => {
			const { bench } = await import('./bench/bench.ts');
			done(await bench(codes, flags, io));
		}),
	smoke: (program, io, done) =>
		addSmokeCommand(program, async (codes, flags) => {
			const { smoke } = await import('./smoke/smoke.ts');
			done(await smoke(codes, flags, io));
		}),
	worker: (program, io, done) =>
		addWorkerCommand(program, async (flags) => {
			const { worker } = await import('./worker.ts');
			done(await worker(flags, io));
		}),
	completion: addCompletionCommand,
};

/** Width of a common terminal, also used for pipes and files. */
const HELP_WIDTH = 80;

const MORE_HELP = `
All options and examples of downloading:
  flagdl get --help`;

const HELP = new Set(['-h', '--help', 'help']);

export const COMMANDS: readonly string[] = ['get', ...Object.keys(OTHER_COMMANDS)];

type Done = (code: ExitCode) => void;

/** The command line of flagdl. Each command loads its implementation when it is run. */
export function createProgram(io: Io, done: Done): Command {
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
			// The caller reports the error in the style of all messages.
			outputError() {},
		});

	addGetCommand(program, io, async (codes, flags, given) => {
		const { get } = await import('./get/get.ts');
		done(await get(codes, flags, io, given));
	});
	// `get` does not need the others, and building their options takes 4 ms.
	if (io.argv.some((word) => Object.hasOwn(OTHER_COMMANDS, word) || HELP.has(word))) {
		for (const add of Object.values(OTHER_COMMANDS)) {
			add(program, io, done);
		}
	}
	return program;
}

/**
 * For an unknown command, commander's `help` would print the general help.
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

/** Sanitises a message that may quote the command line: removes the user info of its URLs. */
export function shownText(message: string, argv: readonly string[]): string {
	const values = argv.map((word) => word.replace(/^(?:--[\w-]+=|-\w|@)/, ''));
	return printableLines(withoutUserInfoOf([...argv, ...values], message));
}
