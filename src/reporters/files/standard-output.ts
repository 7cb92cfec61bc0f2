import { createReadStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Reporter } from '../../events/run-event.ts';
import { CannotRunError, isCode } from '../../util/errors.ts';

/** `-o -`: writes the one file of a run to standard output, once it is whole and right. */
export function standardOutput(output: Writable, signal: AbortSignal): Reporter {
	let path: string | undefined;
	return {
		on(event) {
			if (event.type === 'outcome' && event.outcome.status === 'ok') {
				path = event.outcome.dest;
			}
		},
		async close() {
			if (path === undefined || signal.aborted) {
				return;
			}
			try {
				await pipeline(createReadStream(path), output, { end: false, signal });
			} catch (error) {
				// `| head` closes its end early: what is written then is lost, and nothing else.
				if (!isCode(error, 'ABORT_ERR') && !isCode(error, 'EPIPE')) {
					const { message } = error as Error;
					throw new CannotRunError(`cannot write to standard output: ${message}`, { cause: error });
				}
			}
		},
	};
}
