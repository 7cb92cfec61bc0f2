import type { Target } from '../targets/target.ts';
import { oneLine } from '../util/text.ts';
import type { Failure } from './outcome.ts';

/** Messages quote servers, who may send anything. */
const MAX_MESSAGE_LENGTH = 300;

export interface DownloadErrorOptions extends ErrorOptions {
	/** Stable, lower case with underscores or a code of the system; see `failures.ts`. */
	readonly code: string;
	/** Status code of the answer that was the failure. */
	readonly httpStatus?: number;
	/** What the server asked for with `Retry-After`, in milliseconds. */
	readonly retryAfterMs?: number;
}

/**
 * The only error that the download stage throws on purpose. Anything else that escapes is a bug.
 *
 * It carries its target, so nobody keeps a table from promise to target. It never crosses a thread:
 * structured clone turns every `Error` subclass into a bare `Error` and drops `code`, so the stage
 * hands on plain data, made by `toFailure`, instead.
 */
export class DownloadError extends Error {
	readonly target: Target;
	readonly code: string;
	readonly httpStatus: number | undefined;
	readonly retryAfterMs: number | undefined;

	static {
		// On the prototype, as built-in errors have it: inherited, not an own property of each instance.
		Object.defineProperty(DownloadError.prototype, 'name', { value: 'DownloadError' });
	}

	constructor(target: Target, message: string, options: DownloadErrorOptions) {
		super(oneLine(message, MAX_MESSAGE_LENGTH), options);
		this.target = target;
		this.code = options.code;
		this.httpStatus = options.httpStatus;
		this.retryAfterMs = options.retryAfterMs;
	}
}

/** The part of an earlier attempt cannot be resumed, and is gone: all is asked for, and that is no retry. */
export class PartRefused extends DownloadError {
	constructor(target: Target, message: string) {
		super(target, message, { code: 'bad_range' });
	}
}

/** Flattens an error to code, message and chain of causes. */
export function toFailure(error: DownloadError): Failure {
	return { code: error.code, message: error.message, causes: [...causesOf(error)] };
}

function* causesOf(error: Error): Generator<string> {
	for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
		// Node leaves the message of an AggregateError empty: each address that was tried has its own.
		if (cause instanceof AggregateError) {
			for (const inner of cause.errors) {
				if (inner instanceof Error) {
					yield messageOf(inner);
				}
			}
		}
		if (cause.message !== '') {
			yield messageOf(cause);
		}
	}
}

/** OpenSSL puts the number of its thread before its messages, and the lines of its source behind. */
function messageOf({ message }: Error): string {
	return oneLine(
		message.replace(/^[0-9A-F]+:(error:[^:]*:[^:]*:[^:]*:[^:]*):.*\s*$/s, '$1'),
		MAX_MESSAGE_LENGTH,
	);
}
