import { bareUrl } from '../../util/secrets.ts';
import { shellWord } from '../../util/shell.ts';
import { printable } from '../../util/text.ts';
import type { GivenOption } from '../options/option.ts';

/** What the failed-file has itself, what would choose other targets, and what would replace the report of this run. */
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
	'--report',
	'--dry-run',
]);

/** Options whose values hold secrets, with what stands for them; those of every `<url>` are left out, too. */
const SECRET: Readonly<Record<string, (value: string) => string>> = {
	'--header': (value) => (value.startsWith('@') ? value : '@file'),
	// Without its password it is asked for.
	'--user': (value) => value.split(':', 1)[0] ?? '',
	'--server': bareUrl,
};

export interface CommandLine {
	readonly given: readonly GivenOption[];
	readonly args: readonly string[];
}

/**
 * The command that downloads what is missing: the options of this one, with the failed-file as list;
 * without such a file the same command, because what is there is skipped.
 *
 * @returns Undefined if a secret among its arguments would have to be left out.
 */
export function continuation(
	{ given, args }: CommandLine,
	failedFile: string | undefined,
): string | undefined {
	if (failedFile === undefined) {
		const end = args.some((arg) => arg.startsWith('-')) ? ['--'] : [];
		return args.some((arg) => bareUrl(arg) !== arg)
			? undefined
			: ['flagdl', ...given.flatMap(wordsOf), ...end, ...args.map(pastedWord)].join(' ');
	}
	const kept = given.filter(
		({ option, value }) =>
			!OF_THE_LIST.has(option.long ?? '') || (option.long === '--output' && value === '-'),
	);
	return ['flagdl', '-i', pastedWord(failedFile), ...kept.flatMap(wordsOf)].join(' ');
}

function wordsOf({ option, value }: GivenOption): string[] {
	const name = option.short ?? option.long ?? '';
	if (value === undefined) {
		return [name];
	}
	const hide = SECRET[option.long ?? ''] ?? (option.flags.endsWith('<url>') ? bareUrl : undefined);
	const shown = pastedWord(hide?.(value) ?? value);
	// What may stand alone would leave the next word to be read as its value.
	return option.optional ? [`${name}=${shown}`] : [name, shown];
}

/** A word for a shell; what cannot be seen is written in escapes, which survive being shown and pasted. */
function pastedWord(text: string): string {
	if (printable(text) === text) {
		return shellWord(text);
	}
	const escaped = text
		.replace(/[\\']/g, '\\$&')
		.replace(/./gsu, (character) =>
			printable(character) === character
				? character
				: Buffer.from(character).toString('hex').replace(/../g, '\\x$&'),
		);
	return `$'${escaped}'`;
}
