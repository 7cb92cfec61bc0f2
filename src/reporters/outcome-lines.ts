import { basename } from 'node:path';
import { type Outcome, type OutcomeStatus, wasNotStarted } from '../download/outcome.ts';
import type { Reporter, WarningEvent } from '../events/run-event.ts';
import { printable } from '../util/text.ts';
import { formatBytes, formatDuration, plural } from '../util/units.ts';
import type { Output, Paint } from './output.ts';

/** Statuses with a line each; saved files and what Ctrl-C cancelled are only counted. */
const FAILURES: ReadonlySet<OutcomeStatus> = new Set<OutcomeStatus>(['not_found', 'error']);

/**
 * `--verbose`: a line for each outcome, in completion order. One for each of 100,000 targets that
 * Ctrl-C left would tell nothing.
 */
export function verboseLines(output: Output, paint: Paint): Reporter {
	return {
		on(event) {
			if (event.type === 'outcome' && !wasNotStarted(event.outcome)) {
				output.write(`${outcomeLine(event.outcome, paint)}\n`);
			}
		},
	};
}

/** A line for each failure when it happens, if the output is no terminal. */
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

const WORDS: Readonly<Record<OutcomeStatus, string>> = {
	ok: 'ok',
	unchanged: 'unchanged',
	skipped: 'skipped',
	not_found: 'not found',
	error: 'error',
	cancelled: 'cancelled',
};

const WIDTH = Math.max(...Object.values(WORDS).map(({ length }) => length));

/** `ok         BR  br.gif  6.1 kB  12 ms`, or what {@link failureText} says of a failure. */
export function outcomeLine(outcome: Outcome, paint: Paint): string {
	const { status, target } = outcome;
	const word = WORDS[status].padEnd(WIDTH);
	switch (status) {
		case 'ok':
		case 'unchanged':
		case 'skipped':
			return `${paint.good(word)}  ${printable(target.id)}  ${paint.dim(savedText(outcome))}`;
		case 'not_found':
		case 'error':
		case 'cancelled':
			return `${paint.bad(word)}  ${failureText(outcome)}`;
	}
}

/** `DE  503 Service Unavailable (http_503), 4 requests, 3.2 s  http://…/de.gif`, with its causes. */
function failureText(outcome: Outcome): string {
	const { target, failure, requests } = outcome;
	const url = target.id === target.url ? '' : `  ${target.url}`;
	return printable(
		`${target.id}  ${reasonOf(failure)}, ${plural(requests, 'request')}, ${tookOf(outcome)}${url}`,
	);
}

/** Message, code and causes, each said once. */
export function reasonOf(failure: Outcome['failure']): string {
	if (failure === undefined) {
		return 'no reason known';
	}

	const { code, message, causes } = failure;
	const said = [message];
	for (const cause of causes) {
		if (!said.some((text) => text.includes(cause))) {
			said.push(cause);
		}
	}
	const text = said.join(': ');
	return text.includes(code) ? text : `${text} (${code})`;
}

function savedText(outcome: Outcome): string {
	const { status, bytes, dest } = outcome;
	const name = printable(basename(dest));
	if (status === 'skipped') {
		return `${name} is there already`;
	}
	const size = status === 'unchanged' ? '' : `  ${formatBytes(bytes)}`;
	return `${name}${size}  ${tookOf(outcome)}${retriesText(outcome)}`;
}

function retriesText({ retries }: Outcome): string {
	return retries === 0 ? '' : `  after ${plural(retries, 'retry', 'retries')}`;
}

function tookOf({ startMs, endMs }: Outcome): string {
	return formatDuration(endMs - startMs);
}
