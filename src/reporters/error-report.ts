import type { Outcome } from '../download/outcome.ts';
import { printable, printableUrl, shortenAll, shortenMiddle, wrapWords } from '../util/text.ts';
import { formatCount, formatDuration, plural } from '../util/units.ts';
import { reasonOf } from './outcome-lines.ts';
import type { Paint } from './output.ts';

const MAX_LISTED = 10;
const INDENT = '  ';
/** A URL shortened further is useless: it wraps to a second row instead. */
const URL_MIN_LENGTH = 24;

/** Lists the failed targets after the run, grouped by cause, with a note if some are omitted. */
export class ErrorReport {
	readonly #groups = new FailureGroups(MAX_LISTED);

	add(outcome: Outcome): void {
		// The summary counts cancelled targets.
		if (outcome.status !== 'cancelled') {
			this.#groups.add(outcome);
		}
	}

	text(columns: number, paint: Paint): string {
		const lines = this.#groups.sorted().flatMap((group) => groupLines(group, columns, paint));
		return lines.map((line) => `${line}\n`).join('');
	}
}

/** A title with one line for each target; a single target on the same line; many codes as a paragraph. */
function groupLines(group: FailureGroup, columns: number, paint: Paint): readonly string[] {
	const { count, outcomes, codes } = group;
	const [first] = outcomes;
	const title = `${formatCount(count)} × ${printable(reasonOf(first?.failure))}`;
	const titles = wrapWords(title, columns, INDENT).map((line) => paint.bad(line));
	const room = columns - 1 - INDENT.length;
	if (count === 1 && first !== undefined && room - title.length >= URL_MIN_LENGTH) {
		return [`${titles.join('')}  ${targetTexts([first], group, room - title.length)[0]}`];
	}
	if (codes.size === count && count > MAX_LISTED) {
		const url = shortenMiddle(printableUrl(first?.target.url ?? ''), room - 'such as '.length);
		const list = wrapWords(INDENT + [...codes].sort().join(' '), columns, INDENT);
		return [...titles, ...list, `${INDENT}such as ${url}`];
	}

	const left = count - outcomes.length;
	const more =
		left > 0
			? [`${INDENT}… and ${formatCount(left)} more; -v, --report and --failed-file list them all`]
			: [];
	const texts = targetTexts(outcomes, group, room);
	const rows = texts.flatMap((text) => wrapWords(INDENT + text, columns, INDENT.repeat(2)));
	return [...titles, ...rows, ...more];
}

/** `DE  http://…/de.gif  (4 requests, 3.2 s)`, each narrower than `room`; shortened names stay distinct. */
function targetTexts(
	outcomes: readonly Outcome[],
	group: FailureGroup,
	room: number,
): readonly string[] {
	const ids = outcomes.map(({ target: { id, url } }) =>
		id === url ? '' : `${printableUrl(id)}  `,
	);
	const efforts = outcomes.map(
		({ requests, startMs, endMs }) =>
			`  (${plural(requests, 'request')}, ${formatDuration(endMs - startMs)})`,
	);
	const taken = longest(outcomes.map((_, index) => `${ids[index]}${efforts[index]}`));
	// On a narrow terminal, omits requests and time rather than the name.
	const isNarrow = room - taken < URL_MIN_LENGTH;
	const width = Math.max(URL_MIN_LENGTH, room - (isNarrow ? longest(ids) : taken));
	const whole = outcomes.map(({ target }) => printableUrl(target.url));
	const urls =
		longest(whole) <= width
			? whole
			: shortenAll(
					whole.map((url) => url.replace(/^https?:\/\//, '')),
					width,
				);
	return outcomes.map(({ failure }, index) => {
		const own = failure?.message === group.message ? '' : `  ${printable(reasonOf(failure))}`;
		return `${ids[index]}${urls[index]}${isNarrow ? '' : efforts[index]}${own}`;
	});
}

function longest(texts: readonly string[]): number {
	return Math.max(...texts.map(({ length }) => length));
}

/** Targets with the same failure code. */
export interface FailureGroup {
	/** Message of the first failure. */
	readonly message: string;
	count: number;
	/** The first outcomes, up to the limit. */
	readonly outcomes: Outcome[];
	/** Ids that are country codes; a list may repeat one with other destinations. */
	readonly codes: Set<string>;
}

/**
 * Groups failures by code, in bounded memory: keeps only the first outcomes of each group, and all
 * country codes, of which there are at most 676.
 */
export class FailureGroups {
	readonly #kept: number;
	readonly #groups = new Map<string, FailureGroup>();

	/** @param kept - Number of outcomes to keep in each group. */
	constructor(kept: number) {
		this.#kept = kept;
	}

	/** Ignores outcomes without a failure. */
	add(outcome: Outcome): void {
		const { failure, target } = outcome;
		if (failure === undefined) {
			return;
		}

		const { code, message } = failure;
		const group = this.#groups.get(code) ?? { message, count: 0, outcomes: [], codes: new Set() };
		this.#groups.set(code, group);
		group.count += 1;
		if (group.outcomes.length < this.#kept) {
			group.outcomes.push(outcome);
		}
		if (/^[A-Z]{2}$/.test(target.id)) {
			group.codes.add(target.id);
		}
	}

	/** Largest group last, nearest to the prompt; ties in order of their first failure. */
	sorted(): readonly FailureGroup[] {
		return [...this.#groups.values()].sort((a, b) => a.count - b.count);
	}
}
