import { createReadStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Reporter } from '../../events/run-event.ts';
import { CannotRunError, isCode, systemReason } from '../../util/errors.ts';

/** `-o -`: writes the only file of a run to standard output after it is complete and verified. */
export function standardOutput(output: Writable, signal: AbortSignal): Reporter {
	let path: string | undefined;
	return {
		on(event) {
			if (event.type === 'outcome' && event.outcome.status === 'ok') {
				path = event.outcome.dest;
			}
		},
		async flush() {
			if (path === undefined || signal.aborted) {
				return;
			}
			try {
				await pipeline(createReadStream(path), output, { end: false, signal });
			} catch (error) {
				if (!isCode(error, 'ABORT_ERR')) {
					const reason = isCode(error, 'EPIPE')
						? 'its reader closed before the end of the file'
						: systemReason(error);
					throw new CannotRunError(`cannot write to standard output: ${reason}`, { cause: error });
				}
			}
		},
	};
}
