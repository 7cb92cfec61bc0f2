import { didYouMean, explainInput, suggest } from '../util/suggest.ts';

/**
 * What commander says of a command line, in the words of all other messages: `"thread" is not a strategy`.
 *
 * @param text - Of a `CommanderError`; it may quote the value of an option that there is not, which
 *   may be a secret.
 * @param options - Those that there are, with their dashes.
 * @returns Undefined if it is no message but the end of a help text.
 */
export function commanderMessage(text: string, options: readonly string[]): string | undefined {
	if (!text.startsWith('error: ')) {
		return undefined;
	}
	const message = text.slice('error: '.length).trimEnd();
	const unknown = /^unknown option '(--[^=']*|-[^-'])?/.exec(message);
	if (unknown !== null) {
		const [, name = 'this'] = unknown;
		const isOfAnother = options.includes(name);
		const hint = isOfAnother ? ' of this command' : didYouMean(suggest(name, options));
		return `${name} is not an option${hint}`;
	}
	for (const [pattern, say] of DIALECT) {
		const found = pattern.exec(message);
		if (found !== null) {
			// A group that takes no part is undefined, whatever its type says.
			const groups = Array.from(found.slice(1), (group: string | undefined) => group ?? '');
			return say(...(groups as [string, string, string]));
		}
	}
	return message;
}

type Say = (first: string, second: string, third: string) => string;

const DIALECT: readonly (readonly [RegExp, Say])[] = [
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
