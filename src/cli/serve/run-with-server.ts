import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { CannotRunError, isCode, systemReason } from '../../util/errors.ts';
import { Interrupted } from '../exit-code.ts';
import type { Io } from '../io.ts';

/** How long the command may take to exit after a signal: less than the 10 s of `docker stop`. */
const COMMAND_GRACE_MS = 8_000;

/** A terminal sends these to its whole foreground process group, including the command. */
const SIGNALS_OF_TERMINALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGHUP'];

/**
 * Runs a command with the server's address in its environment and forwards signals to it. The command is
 * killed if it does not exit in time, or if flagdl must exit at once.
 *
 * @param baseUrl - Base URL of the flags: `http://127.0.0.1:40123/flags`.
 * @returns Its exit code, or 128 plus the number of the signal that terminated it.
 * @throws {CannotRunError} If it cannot be started.
 */
export async function runWithServer(
	[file = '', ...args]: readonly string[],
	baseUrl: string,
	{ env, cwd, stdin, interrupted }: Pick<Io, 'env' | 'cwd' | 'stdin' | 'interrupted'>,
): Promise<number> {
	const child = start(file, args, { cwd, env: { ...env, FLAGDL_BASE_URL: baseUrl } });
	let timer: NodeJS.Timeout | undefined;
	const kill = () => {
		child.kill('SIGKILL');
	};
	const stop = () => {
		const { reason } = interrupted as { readonly reason: unknown };
		const signal = reason instanceof Interrupted ? reason.signal : 'SIGTERM';
		const isOnTerminal = 'isTTY' in stdin && stdin.isTTY === true;
		if (!(isOnTerminal && SIGNALS_OF_TERMINALS.includes(signal))) {
			child.kill(signal);
		}
		timer = setTimeout(kill, COMMAND_GRACE_MS);
	};
	// After a second signal flagdl does nothing more itself.
	process.once('exit', kill);
	if (interrupted.aborted) {
		stop();
	}
	interrupted.addEventListener('abort', stop, { once: true });

	try {
		const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
		return signal === null ? (code ?? 0) : 128 + constants.signals[signal];
	} catch (error) {
		throw cannotRun(file, error);
	} finally {
		clearTimeout(timer);
		process.off('exit', kill);
		interrupted.removeEventListener('abort', stop);
	}
}

function start(file: string, args: readonly string[], options: SpawnOptions): ChildProcess {
	try {
		return spawn(file, args, { ...options, stdio: 'inherit' });
	} catch (error) {
		// Some failures are thrown, others emitted.
		throw cannotRun(file, error);
	}
}

function cannotRun(file: string, cause: unknown): CannotRunError {
	const reason = isCode(cause, 'ENOENT') ? 'command not found' : systemReason(cause);
	return new CannotRunError(`cannot run ${file}: ${reason}`, { cause });
}
