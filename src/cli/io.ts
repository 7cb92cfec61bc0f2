import type { Readable, Writable } from 'node:stream';
import { NO_PAINT, type Paint } from '../reporters/output.ts';

/** The process as a command sees it; only src/cli accesses the real one. */
export interface Io {
	readonly argv: readonly string[];
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly cwd: string;
	readonly stdin: Readable;
	readonly stdout: Terminal;
	readonly stderr: Terminal;
	/**
	 * Resolves when all output has been handed to the system.
	 *
	 * @throws {CannotRunError} If output could not be written.
	 */
	readonly flush: () => Promise<void>;
	/** Aborted by the first SIGHUP, SIGINT or SIGTERM with an `Interrupted`, or by a bug with its error. */
	readonly interrupted: AbortSignal;
	/** Removes the time limit after the first signal; a second signal still ends the command at once. */
	readonly removeTimeLimit?: () => void;
}

export type Terminal = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Whether a stream is a terminal with colours and a cursor that moves. */
export function isFullTerminal({ isTTY }: Terminal, env: Io['env']): boolean {
	return isTTY === true && env['TERM'] !== 'dumb';
}

/**
 * Whether to colour the output of a stream: `FORCE_COLOR` decides, then `NO_COLOR`, then whether it is a
 * terminal with colours. (chalk checks `CI` and standard output, but not `NO_COLOR`.)
 */
function wantsColour(stream: Terminal, env: Io['env']): boolean {
	const { FORCE_COLOR: force, NO_COLOR: no } = env;
	if (force !== undefined) {
		return force !== '0' && force !== 'false';
	}
	return (no === undefined || no === '') && isFullTerminal(stream, env);
}

/** Colours for a stream; loads chalk only if needed. */
export async function paintFor(stream: Terminal, env: Io['env']): Promise<Paint> {
	if (!wantsColour(stream, env)) {
		return NO_PAINT;
	}

	const { Chalk } = await import('chalk');
	const chalk = new Chalk({ level: 1 });
	return { good: chalk.green, bad: chalk.red, dim: chalk.dim, strong: chalk.bold };
}
