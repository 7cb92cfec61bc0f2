import { UsageError } from '../util/errors.ts';
import { bareUrl } from '../util/secrets.ts';
import { explainInput } from '../util/suggest.ts';
import { quoteUrl } from '../util/text.ts';
import { COUNTRY_CODES, codeOfName, nearestCountry, POPULOUS_CODES } from './countries.ts';
import { urlIn } from './entry.ts';

const LETTERS: readonly string[] = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');

export interface Selection {
	/** Two letters, or one for all bundled countries that start with it; in any case. */
	readonly codes: readonly string[];
	/** Every bundled country. */
	readonly all?: boolean;
	/** Every pair of letters, AA to ZZ. */
	readonly every?: boolean;
	/** Maximum number of codes. */
	readonly limit?: number;
}

/**
 * Expands a selection to upper-case codes without duplicates: in the given order, or alphabetically for a
 * letter, `all` and `every`; the 20 most populous countries if the selection is empty.
 *
 * A pair of letters that is not a country is kept; the server decides.
 *
 * @param alternative - What else is allowed in place of a code, for the message.
 * @throws {UsageError} If the parts of the selection contradict each other, a code has neither form, or no
 *   country starts with a letter.
 */
export function selectCodes(selection: Selection, alternative?: string): readonly string[] {
	refuseContradiction(selection);
	const { codes, all, every, limit } = selection;
	if (every) {
		return LETTERS.flatMap((first) => LETTERS.map((second) => first + second)).slice(0, limit);
	}
	if (all) {
		return COUNTRY_CODES.slice(0, limit);
	}
	const expanded = codes.flatMap((typed) => expand(typed, alternative));
	return (codes.length === 0 ? POPULOUS_CODES : [...new Set(expanded)]).slice(0, limit);
}

/** @throws {UsageError} If more than one of codes, `all` and `every` is given. */
export function refuseContradiction({ codes, all, every }: Omit<Selection, 'limit'>): void {
	const given = [
		codes.length > 0 && codes.map(bareUrl).join(' '),
		all && '--all',
		every && '--every',
	];
	const named = given.filter((name) => typeof name === 'string');
	if (named.length > 1) {
		throw new UsageError(
			`${named.join(' and ')} contradict each other; give codes, or --all, or --every`,
		);
	}
}

function expand(typed: string, alternative: string | undefined): readonly string[] {
	// Without the flag u: with it, `ſ` and the Kelvin sign would be letters of this range.
	if (!/^[a-z]{1,2}$/i.test(typed)) {
		const code = codeOfName(typed);
		const near = code === undefined ? nearestCountry(typed) : undefined;
		const hint = code === undefined ? '' : ` (its code is ${code.toLowerCase()})`;
		const letter = 'one for all countries that begin with it (b)';
		const or = alternative === undefined ? `or ${letter}` : `${letter}, or ${alternative}`;
		const country = near && `${near.code.toLowerCase()} (${near.name})`;
		const meant = country ?? (alternative === undefined ? undefined : urlIn(typed));
		throw new UsageError(
			explainInput(`${quoteUrl(typed)}${hint}`, `two letters A to Z (br), ${or}`, meant),
		);
	}

	const code = typed.toUpperCase();
	const expanded = code.length === 2 ? [code] : COUNTRY_CODES.filter((cc) => cc.startsWith(code));
	if (expanded.length === 0) {
		throw new UsageError(`no country's code begins with ${code}; give another letter, or two`);
	}
	return expanded;
}
