import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { CannotRunError } from './cannot-run.ts';
import { Interrupted, type Io } from './io.ts';

/**
 * Runs a command with the server's address in its environment. A signal to flagdl is handed on to it.
 *
 * @param baseUrl - Base of the flags: `http://127.0.0.1:40123/flags`.
 * @returns Its exit code, or 128 and the number of the signal that ended it.
 * @throws {CannotRunError} When it cannot be started.
 */
export async function runWithServer(
	[file = '', ...args]: readonly string[],
	baseUrl: string,
	{ env, cwd, interrupted }: Pick<Io, 'env' | 'cwd' | 'interrupted'>,
): Promise<number> {
	const child = spawn(file, args, {
		cwd,
		env: { ...env, FLAGDL_BASE_URL: baseUrl },
		stdio: 'inherit',
	});
	const stop = () => {
		handOn(child, interrupted.reason);
	};
	if (interrupted.aborted) {
		stop();
	}
	interrupted.addEventListener('abort', stop, { once: true });

	try {
		const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
		return signal === null ? (code ?? 0) : 128 + constants.signals[signal];
	} catch (error) {
		throw new CannotRunError(`cannot run ${file}: ${(error as Error).message}`, { cause: error });
	} finally {
		interrupted.removeEventListener('abort', stop);
	}
}

function handOn(child: ChildProcess, reason: unknown): void {
	child.kill(reason instanceof Interrupted ? reason.signal : 'SIGTERM');
}
