import type { Readable, Writable } from 'node:stream';
import { type EndingSignal, type ExitCode, SIGNALS } from './exit-code.ts';

/** The process as a command sees it; nothing in src but src/cli knows the real one. */
export interface Io {
	/** Arguments after the script's name. */
	readonly argv: readonly string[];
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly cwd: string;
	readonly stdin: Readable;
	readonly stdout: Terminal;
	readonly stderr: Terminal;
	/**
	 * Resolves when what was written to both has been handed to the system.
	 *
	 * @throws {CannotRunError} If that is not possible.
	 */
	readonly flush: () => Promise<void>;
	/** Aborted by the first SIGHUP, SIGINT or SIGTERM, with an `Interrupted` as its reason. */
	readonly interrupted: AbortSignal;
	/** Lets the command end at its own pace after the first signal; the second still ends it at once. */
	readonly takeTime?: () => void;
}

export type Terminal = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Why `interrupted` was aborted. */
export class Interrupted extends Error {
	readonly signal: EndingSignal;
	/** When it was heard, by `performance.now()`: what is left to do has a second from here on. */
	readonly sinceMs = performance.now();

	constructor(signal: EndingSignal) {
		super(`interrupted by ${signal}`);
		this.signal = signal;
	}

	get exitCode(): ExitCode {
		return SIGNALS[this.signal];
	}
}
