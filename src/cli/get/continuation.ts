import { bareUrl } from '../../util/secrets.ts';
import { shellWord } from '../../util/shell.ts';
import { printable } from '../../util/text.ts';
import type { GivenOption } from '../options/option.ts';

/** Options that the failed-file replaces, that would select other targets, or that would overwrite reports. */
const DROPPED = new Set([
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

/** Options whose values may contain secrets, and how to redact them; the value of every `<url>` is redacted, too. */
const REDACT: Readonly<Record<string, (value: string) => string>> = {
	'--header': (value) => (value.startsWith('@') ? value : '@file'),
	// Without the password, flagdl prompts for it.
	'--user': (value) => value.split(':', 1)[0] ?? '',
	'--server': bareUrl,
};

export interface CommandLine {
	readonly given: readonly GivenOption[];
	readonly args: readonly string[];
}

/**
 * The command that downloads the missing files: the current options with the failed-file as list. Without a
 * failed-file, the same command, as existing files are skipped.
 *
 * @returns Undefined if an argument contains a secret.
 */
export function continuation(
	{ given, args }: CommandLine,
	failedFile: string | undefined,
): string | undefined {
	if (failedFile === undefined) {
		const last = given.at(-1);
		// Otherwise `--netrc` would take the first argument for its file.
		const isOpen = last?.option.optional === true && last.value === undefined;
		const end =
			args.length > 0 && (isOpen || args.some((arg) => arg.startsWith('-'))) ? ['--'] : [];
		return args.some((arg) => bareUrl(arg) !== arg)
			? undefined
			: ['flagdl', ...given.flatMap(toWords), ...end, ...args.map(pasteableWord)].join(' ');
	}
	const kept = given.filter(
		({ option, value }) =>
			!DROPPED.has(option.long ?? '') || (option.long === '--output' && value === '-'),
	);
	return ['flagdl', '-i', pasteableWord(failedFile), ...kept.flatMap(toWords)].join(' ');
}

function toWords({ option, value }: GivenOption): string[] {
	const name = option.short ?? option.long ?? '';
	if (value === undefined) {
		return [name];
	}
	const redact =
		REDACT[option.long ?? ''] ?? (option.flags.endsWith('<url>') ? bareUrl : undefined);
	const shown = pasteableWord(redact?.(value) ?? value);
	// The value of an option with an optional value must be in the same word.
	return option.optional ? [`${name}=${shown}`] : [name, shown];
}

/** Quotes a word for a shell; invisible characters become escapes, which survive display and pasting. */
function pasteableWord(text: string): string {
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
