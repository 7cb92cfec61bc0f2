import type { Option } from 'commander';
import { bareUrl } from '../../util/secrets.ts';
import { shellWord } from '../../util/shell.ts';

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

/** Options whose values hold secrets, with what stands for them. */
const SECRET: Readonly<Record<string, (value: string) => string>> = {
	'--header': (value) => (value.startsWith('@') ? value : '@file'),
	'--user': (value) => `${value.split(':', 1)[0]}:`,
	'--proxy': bareUrl,
	'--redis': bareUrl,
	'--server': bareUrl,
};

/**
 * The command that downloads what is missing: the options of this one, with the failed-file as list.
 *
 * @param argv - The command line as it was given.
 * @param options - Those that the command has.
 */
export function continuation(
	argv: readonly string[],
	options: readonly Option[],
	failedFile: string,
): string {
	const given = optionsIn(argv, options).filter(
		({ option }) => !OF_THE_LIST.has(option.long ?? ''),
	);
	const words = given.flatMap(({ option, value }) => {
		const name = option.short ?? option.long ?? '';
		if (value === undefined) {
			return [name];
		}
		const shown = shellWord(SECRET[option.long ?? '']?.(value) ?? value);
		// What may stand alone would leave the next word to be read as its value.
		return option.optional ? [`${name}=${shown}`] : [name, shown];
	});
	return ['flagdl', '-i', shellWord(failedFile), ...words].join(' ');
}

interface Given {
	readonly option: Option;
	readonly value?: string;
}

/** Reads the command line as commander does; arguments are left out. */
function optionsIn(argv: readonly string[], options: readonly Option[]): Given[] {
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
		while (cluster !== '') {
			const option = options.find((one) => one.short === `-${cluster[0]}`);
			const rest = cluster.slice(1);
			if (option?.required === true) {
				given.push({ option, value: rest === '' ? (words.shift() ?? '') : rest });
				break;
			}
			if (option !== undefined) {
				given.push({ option });
			}
			cluster = rest;
		}
	}
	return given;
}

/** Takes the next word if it is the value of this option. */
function valueFor({ required, optional }: Option, words: string[]): string | undefined {
	const isValue = required || (optional && words[0]?.startsWith('-') === false);
	return isValue ? words.shift() : undefined;
}
