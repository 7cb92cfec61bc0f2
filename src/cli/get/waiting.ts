import { spin } from '../../reporters/spinner.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Io } from '../io.ts';
import { wantsBar } from './open-reporters.ts';

/** Shows a spinner until it is stopped; nothing where nobody watches. */
export function startWaiting(flags: GetFlags, io: Io): { stop(): Promise<void> } {
	if (!wantsBar(flags, io)) {
		return { async stop() {} };
	}

	if (flags.input.includes('-') && 'isTTY' in io.stdin && io.stdin.isTTY === true) {
		io.stderr.write('one code or URL a line, then Ctrl-D:\n');
		return { async stop() {} };
	}

	const stop = new AbortController();
	const text = flags.input.length > 0 ? 'reading the list' : 'starting';
	const spinning = spin(io.stderr, text, AbortSignal.any([stop.signal, io.interrupted]));
	return {
		async stop() {
			stop.abort();
			await spinning;
		},
	};
}
