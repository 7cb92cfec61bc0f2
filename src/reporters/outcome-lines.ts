import type { Outcome, OutcomeStatus } from '../download/outcome.ts';
import { printable } from '../util/text.ts';
import type { Reporter, WarningEvent } from './event.ts';
import { outcomeLine } from './outcome-line.ts';
import type { Output, Paint } from './output.ts';

/** What nobody needs to read one by one: saved files, and all that a Ctrl-C left. */
const FAILURES: ReadonlySet<OutcomeStatus> = new Set<OutcomeStatus>(['not_found', 'error']);

/** `--verbose`: a line for each outcome, in completion order. */
export function verboseLines(output: Output, paint: Paint): Reporter {
	return {
		on(event) {
			if (event.type === 'outcome' && !wasNotStarted(event.outcome)) {
				output.write(`${outcomeLine(event.outcome, paint)}\n`);
			}
		},
	};
}

/** A line for each of 100,000 targets that Ctrl-C left would tell nothing. */
function wasNotStarted({ status, requests }: Outcome): boolean {
	return status === 'cancelled' && requests === 0;
}

/** Where nobody watches: a line for each failure, when it happens. */
export function failureLines(output: Output, paint: Paint): Reporter {
	return {
		on(event) {
			if (event.type === 'outcome' && FAILURES.has(event.outcome.status)) {
				output.write(`${outcomeLine(event.outcome, paint)}\n`);
			}
		},
	};
}

/** What ends nothing, but should be known. */
export function warningLines(output: Output, paint: Paint): Reporter {
	return {
		on(event) {
			if (event.type === 'warning') {
				output.write(warningLine(event, paint));
			}
		},
	};
}

export function warningLine({ message }: WarningEvent, paint: Paint): string {
	return `${paint.strong('flagdl:')} ${printable(message)}\n`;
}
