import { basename } from 'node:path';
import { isTlsFailure } from '../download/errors.ts';
import { type Outcome, type OutcomeStatus, wasNotStarted } from '../download/outcome.ts';
import type { Reporter, WarningEvent } from '../events/run-event.ts';
import { printable, printableUrl } from '../util/text.ts';
import { formatBytes, formatDuration, plural } from '../util/units.ts';
import type { Output, Paint } from './output.ts';

/**
 * `--verbose`: a line for each outcome, in completion order. Omits targets that were not started, of
 * which Ctrl-C may leave 100,000.
 */
export const verboseLines = linesOf((outcome) => !wasNotStarted(outcome));

/**
 * A line for each failure as it happens, if the output is not a terminal. Saved files and cancelled
 * targets are only counted.
 */
export const failureLines = linesOf(({ status }) => status === 'not_found' || status === 'error');

function linesOf(isShown: (outcome: Outcome) => boolean) {
	return (output: Output, paint: Paint): Reporter => ({
		on(event) {
			if (event.type === 'outcome' && isShown(event.outcome)) {
				output.write(`${outcomeLine(event.outcome, paint)}\n`);
			}
		},
	});
}

/** A line for each warning. */
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

const WORD_WIDTH = 'not found'.length;
/** Fits most sizes: `9.9 kB`, `123 kB`. */
const SIZE_WIDTH = 6;
const TIME_WIDTH = 6;

/** `ok         6.1 kB   12 ms  BR  br.gif`, or {@link failureText} for a failure. */
export function outcomeLine(outcome: Outcome, paint: Paint): string {
	const { status } = outcome;
	const word = status.replace('_', ' ').padEnd(WORD_WIDTH);
	const size = status === 'ok' ? formatBytes(outcome.bytes) : '';
	const time = status === 'skipped' ? '' : formatDuration(outcome.endMs - outcome.startMs);
	const figures = paint.dim(`${size.padStart(SIZE_WIDTH)}  ${time.padStart(TIME_WIDTH)}`);
	return isPresent(status)
		? `${paint.good(word)}  ${figures}  ${savedText(outcome, paint)}`
		: `${paint.bad(word)}  ${figures}  ${failureText(outcome)}`;
}

export function isPresent(status: OutcomeStatus): boolean {
	return status === 'ok' || status === 'unchanged' || status === 'skipped';
}

/** `DE  503 Service Unavailable, 4 requests  http://…/de.gif`, with its causes. */
function failureText(outcome: Outcome): string {
	const { target, failure, requests } = outcome;
	const url = target.id === target.url ? '' : `  ${printableUrl(target.url)}`;
	const why = printable(`${reasonOf(failure)}, ${plural(requests, 'request')}`);
	return `${printableUrl(target.id)}  ${why}${url}`;
}

/** Messages of undici that repeat ours. */
const UNDICI_MESSAGE =
	/^(\w+ Timeout Error\b|Headers Overflow Error$|other side closed$|Response body length)/;

/** Message, code and causes, without repetitions. */
export function reasonOf(failure: Outcome['failure']): string {
	if (failure === undefined) {
		return 'unknown reason';
	}

	const { code, message, causes } = failure;
	const parts = [message];
	for (const cause of causes) {
		const isNews = !cause.includes(code) && !isTlsFailure(code) && !UNDICI_MESSAGE.test(cause);
		if (isNews && !parts.some((text) => text.includes(cause))) {
			parts.push(cause);
		}
	}
	const text = parts.join(': ');
	return text.includes(code.replace(/^http_(?=\d)/, '')) ? text : `${text} (${code})`;
}

function savedText(outcome: Outcome, paint: Paint): string {
	const { status, dest, target, retries } = outcome;
	const name = printable(basename(dest));
	const isRedundant = target.id === target.url && target.url.endsWith(`/${basename(dest)}`);
	const notes = [
		...(isRedundant ? [] : [paint.dim(name)]),
		...(status === 'skipped' ? [paint.dim('already there')] : []),
	];
	const after = retries === 0 ? '' : `  after ${plural(retries, 'retry', 'retries')}`;
	return [printableUrl(target.id), ...notes].join('  ') + paint.dim(after);
}
