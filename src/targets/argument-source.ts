import type { Entry, Source } from './entry.ts';
import { subject } from './entry-fields.ts';
import { refuseContradiction, type Selection, selectCodes } from './select-codes.ts';

/**
 * The entries that the arguments ask for: codes and letters as in {@link selectCodes}, and URLs,
 * each once.
 *
 * @throws {UsageError} When an argument is none of them, or contradicts `all` or `every`.
 */
export function argumentSource(selection: Omit<Selection, 'limit'>): Source {
	refuseContradiction(selection);
	const { codes: args } = selection;
	const entries = args.some(isUrl) ? args.flatMap(entriesOf) : codeEntries(selection);
	const unique = [...new Map(entries.map((entry) => [entry.id, entry])).values()];

	return async function* () {
		yield unique;
	};
}

function entriesOf(arg: string, index: number): readonly Entry[] {
	return isUrl(arg) ? [subject(arg, `argument ${index + 1}`)] : codeEntries({ codes: [arg] });
}

function codeEntries(selection: Selection): readonly Entry[] {
	return selectCodes(selection).map((id) => ({ id, isCode: true, where: id }));
}

function isUrl(arg: string): boolean {
	return arg.includes('://');
}
