import type { Outcome } from '../download/outcome.ts';
import type { Reporter } from '../events/run-event.ts';
import { printable } from '../util/text.ts';
import { formatCount, formatDuration, plural } from '../util/units.ts';
import { type FailureGroup, FailureGroups } from './failure-groups.ts';
import { reasonOf } from './outcome-lines.ts';
import type { Output, Paint } from './output.ts';

const MAX_LISTED = 10;
const INDENT = '  ';

export interface ErrorReportOptions {
	readonly output: Output;
	readonly paint: Paint;
	readonly columns: number;
}

/** After the bar: every target that failed, grouped by cause; where not all are named it says so. */
export function errorReport({ output, paint, columns }: ErrorReportOptions): Reporter {
	const groups = new FailureGroups(MAX_LISTED);
	return {
		on(event) {
			// What Ctrl-C cancelled is only counted, in the summary.
			if (event.type === 'outcome' && event.outcome.status !== 'cancelled') {
				groups.add(event.outcome);
			} else if (event.type === 'run.end') {
				for (const group of groups.sorted()) {
					const [title = '', ...lines] = groupLines(group, columns);
					output.write(`${[paint.bad(title), ...lines].join('\n')}\n`);
				}
			}
		},
	};
}

/** A title, then its targets, one a line; very many codes in one paragraph. */
function groupLines(group: FailureGroup, columns: number): readonly string[] {
	const { count, outcomes, codes } = group;
	const first = outcomes[0];
	const title = `${formatCount(count)} × ${printable(reasonOf(first?.failure))}`;
	if (count <= MAX_LISTED) {
		return [title, ...outcomes.map((outcome) => targetLine(outcome, group))];
	}
	if (codes.length === count) {
		const example = first === undefined ? [] : [`${INDENT}such as ${printable(first.target.url)}`];
		return [title, ...wrap([...codes].sort(), columns - INDENT.length - 1), ...example];
	}
	return [
		title,
		...outcomes.map((outcome) => targetLine(outcome, group)),
		`${INDENT}… and ${formatCount(count - outcomes.length)} more; -v, --report and --failed-file name all of them`,
	];
}

function targetLine(outcome: Outcome, group: FailureGroup): string {
	const { target, failure, requests, startMs, endMs } = outcome;
	const own = failure?.message === group.message ? '' : `  ${reasonOf(failure)}`;
	const url = target.id === target.url ? '' : `  ${target.url}`;
	const effort = `(${plural(requests, 'request')}, ${formatDuration(endMs - startMs)})`;
	return INDENT + printable(`${target.id}${url}  ${effort}${own}`);
}

function wrap(words: readonly string[], width: number): readonly string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of words) {
		if (line.length + 1 + word.length > width) {
			lines.push(INDENT + line);
			line = '';
		}
		line += line === '' ? word : ` ${word}`;
	}
	return [...lines, INDENT + line];
}
