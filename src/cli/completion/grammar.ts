import type { Argument, Command, Option } from 'commander';
import { bundledScenarios } from '../../scenarios/bundled.ts';
import { LOCAL_STRATEGY_NAMES } from '../../strategies/names.ts';
import { BUNDLED_SERVERS } from '../get/origin.ts';
import { isRepeatable } from '../options/option.ts';

/** A command as shell completion sees it. */
export interface CommandGrammar {
	/** `get`, `scenario show`. */
	readonly path: string;
	readonly summary: string;
	readonly options: readonly OptionGrammar[];
	/** Candidates for arguments: sub-commands, or values. */
	readonly words: readonly string[];
}

export interface OptionGrammar {
	/** `-d`. */
	readonly short?: string;
	/** `--output-dir`. */
	readonly long: string;
	readonly description: string;
	readonly isRepeatable: boolean;
	readonly value?: ValueGrammar;
}

export interface ValueGrammar {
	/** Its name in help: `dir`. */
	readonly name: string;
	readonly isOptional: boolean;
	readonly words: readonly string[];
	readonly files: 'none' | 'all' | 'directories';
}

/** Candidates for options that also accept other values, by option or by the value's name in help. */
const WORDS: Readonly<Record<string, () => readonly string[]>> = {
	'name|file': bundledScenarios,
	'--strategies': () => LOCAL_STRATEGY_NAMES,
	server: () => [...BUNDLED_SERVERS, 'REMOTE'],
};

/** All commands, with the `help` that commander adds by itself. */
export function grammarOfProgram({ commands }: Command): readonly CommandGrammar[] {
	const words = commands.map((command) => command.name());
	const help = { path: 'help', summary: 'print the help of a command', options: [], words };
	return [...commands.flatMap((command) => grammarOf(command)), help];
}

function grammarOf(command: Command, parent: string = ''): readonly CommandGrammar[] {
	const path = `${parent}${command.name()}`;
	const children = command.commands;
	const words = [
		...children.map((child) => child.name()),
		...command.registeredArguments.flatMap(wordsOfArgument),
	];
	const own: CommandGrammar = {
		path,
		summary: command.summary() || command.description(),
		options: [...command.options.map(optionOf), HELP],
		words,
	};
	return [own, ...children.flatMap((child) => grammarOf(child, `${path} `))];
}

const HELP: OptionGrammar = {
	short: '-h',
	long: '--help',
	description: 'print the help',
	isRepeatable: false,
};

function wordsOfArgument(argument: Argument): readonly string[] {
	return argument.argChoices ?? WORDS[argument.name()]?.() ?? [];
}

function optionOf(option: Option): OptionGrammar {
	const { short, long = '', description, required, optional } = option;
	const name = /[<[]([^>\]]+)/.exec(option.flags)?.[1] ?? '';
	const words = option.argChoices ?? WORDS[long]?.() ?? WORDS[name]?.() ?? [];
	const files = /\bfile\b/.test(name) ? 'all' : 'none';
	return {
		...(short !== undefined && { short }),
		long,
		description,
		isRepeatable: isRepeatable(option),
		...((required || optional) && {
			value: { name, isOptional: optional, words, files: name === 'dir' ? 'directories' : files },
		}),
	};
}
