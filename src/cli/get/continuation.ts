import type { Option } from 'commander';
import { bareUrl } from '../../util/secrets.ts';
import { shellWord } from '../../util/shell.ts';
import { printable } from '../../util/text.ts';

/** What the failed-file has itself, and what would choose other targets. */
const OF_THE_LIST = new Set([
	'--all',
	'--every',
	'--limit',
	'--input',
	'--output',
	'--checksums',
	'--mirror',
	'--template',
	'--failed-file',
	'--dry-run',
]);

/** Options whose values hold secrets, with what stands for them; those of every `<url>` are left out, too. */
const SECRET: Readonly<Record<string, (value: string) => string>> = {
	'--header': (value) => (value.startsWith('@') ? value : '@file'),
	// Without its password it is asked for.
	'--user': (value) => value.split(':', 1)[0] ?? '',
	'--server': bareUrl,
};

/**
 * The command that downloads what is missing: the options of this one, with the failed-file as list;
 * without such a file the same command, because what is there is skipped.
 *
 * @param argv - The command line as it was given.
 * @param options - Those that the command has.
 * @returns Undefined if a secret among its arguments would have to be left out.
 */
export function continuation(
	argv: readonly string[],
	options: readonly Option[],
	failedFile: string | undefined,
): string | undefined {
	const { given, rest } = optionsIn(argv, options);
	if (failedFile === undefined) {
		const args = rest[0] === 'get' ? rest.slice(1) : rest;
		return args.some((arg) => bareUrl(arg) !== arg)
			? undefined
			: ['flagdl', ...given.flatMap(wordsOf), ...args.map(pastedWord)].join(' ');
	}
	const kept = given.filter(
		({ option, value }) =>
			!OF_THE_LIST.has(option.long ?? '') || (option.long === '--output' && value === '-'),
	);
	return ['flagdl', '-i', pastedWord(failedFile), ...kept.flatMap(wordsOf)].join(' ');
}

function wordsOf({ option, value }: Given): string[] {
	const name = option.short ?? option.long ?? '';
	if (value === undefined) {
		return [name];
	}
	const shown = pastedWord(harmlessValue(option, value));
	// What may stand alone would leave the next word to be read as its value.
	return option.optional ? [`${name}=${shown}`] : [name, shown];
}

function harmlessValue({ long, flags }: Option, value: string): string {
	const shown = SECRET[long ?? ''] ?? (flags.endsWith('<url>') ? bareUrl : undefined);
	return shown?.(value) ?? value;
}

/** A word for a shell; what cannot be seen is written in escapes, which survive being shown and pasted. */
function pastedWord(text: string): string {
	if (printable(text) === text) {
		return shellWord(text);
	}
	const escaped = text
		.replace(/[\\']/g, '\\$&')
		.replace(/./gsu, (character) =>
			printable(character) === character ? character : escapeOf(character),
		);
	return `$'${escaped}'`;
}

function escapeOf(character: string): string {
	return [...Buffer.from(character)]
		.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
		.join('');
}

interface Given {
	readonly option: Option;
	readonly value?: string;
}

/** Reads the command line as commander does: options, and what is left. */
function optionsIn(
	argv: readonly string[],
	options: readonly Option[],
): { readonly given: readonly Given[]; readonly rest: readonly string[] } {
	const rest: string[] = [];
	const given: Given[] = [];
	const words = [...argv];
	for (let word = words.shift(); word !== undefined && word !== '--'; word = words.shift()) {
		const [, long, attached] = /^(--[^=]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
		if (long !== undefined) {
			const option = options.find((one) => one.long === long);
			const value = option === undefined ? undefined : (attached ?? valueFor(option, words));
			if (option !== undefined) {
				given.push(value === undefined ? { option } : { option, value });
			}
			continue;
		}
		let cluster = /^-([^-][\s\S]*)$/.exec(word)?.[1] ?? '';
		if (cluster === '') {
			rest.push(word);
		}
		while (cluster !== '') {
			const option = options.find((one) => one.short === `-${cluster[0]}`);
			const others = cluster.slice(1);
			if (option?.required === true) {
				given.push({ option, value: others === '' ? (words.shift() ?? '') : others });
				break;
			}
			if (option !== undefined) {
				given.push({ option });
			}
			cluster = others;
		}
	}
	return { given, rest: words.length > 0 ? [...rest, '--', ...words] : rest };
}

/** Takes the next word if it is the value of this option. */
function valueFor({ required, optional }: Option, words: string[]): string | undefined {
	const isValue = required || (optional && words[0]?.startsWith('-') === false);
	return isValue ? words.shift() : undefined;
}
