/** The allowed word that was probably meant, or `undefined` if none is close. */
export function suggest(found: string, allowed: readonly string[]): string | undefined {
	// Very long input would take time and match nothing.
	const word = found.slice(0, 64).toLowerCase();
	const ranked = allowed
		.map((candidate) => ({ candidate, edits: editDistance(word, candidate.toLowerCase()) }))
		.filter(
			({ candidate: { length }, edits }) => edits < length && edits <= Math.max(1, length / 3),
		)
		.sort((a, b) => a.edits - b.edits);
	return ranked[0]?.candidate;
}

/** Insertions, deletions, substitutions, and transpositions of adjacent characters, which count once. */
function editDistance(from: string, to: string): number {
	let beforeLast: number[] = [];
	let last = Array.from({ length: to.length + 1 }, (_, index) => index);

	for (let i = 1; i <= from.length; i += 1) {
		const row = [i];
		for (let j = 1; j <= to.length; j += 1) {
			const same = from[i - 1] === to[j - 1];
			const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
			row[j] = Math.min(
				cell(row, j - 1) + 1,
				cell(last, j) + 1,
				cell(last, j - 1) + (same ? 0 : 1),
				swapped ? cell(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY,
			);
		}
		beforeLast = last;
		last = row;
	}
	return cell(last, to.length);
}

function cell(row: readonly number[], index: number): number {
	return row[index] ?? Number.POSITIVE_INFINITY;
}

/** Names that other programs use for the placeholders of templates. */
const SYNONYMS: Readonly<Record<string, string>> = {
	code: 'cc',
	iso: 'cc',
	iso_cc: 'cc',
	country: 'name',
	file: 'basename',
	filename: 'basename',
	domain: 'host',
	hostname: 'host',
	extension: 'ext',
	n: 'index',
	i: 'index',
};

/** The placeholder that was probably meant, in braces. */
export function suggestPlaceholder(found: string, allowed: readonly string[]): string | undefined {
	const word = found.toLowerCase();
	const synonym = Object.hasOwn(SYNONYMS, word) ? SYNONYMS[word] : undefined;
	const meant =
		synonym !== undefined && allowed.includes(synonym) ? synonym : suggest(word, allowed);
	return meant === undefined ? undefined : `{${meant}}`;
}

/**
 * Explains a problem with an input in the pattern of all messages: what was found, what is allowed, and what
 * was probably meant. Callers prefix the option, or the file and line.
 */
export function explainInput(found: string, allowed: string, meant?: string): string {
	return `found ${found}; allowed: ${allowed}${didYouMean(meant)}`;
}

/** `; did you mean async?`, or an empty string. */
export function didYouMean(word: string | undefined): string {
	return word === undefined ? '' : `; did you mean ${word}?`;
}

/** `a, b or c`. */
export function list(names: readonly string[]): string {
	const last = names.at(-1) ?? 'nothing';
	return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} or ${last}`;
}
