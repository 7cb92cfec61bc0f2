import { tmpdir } from 'node:os';
import type { Host } from '../../smoke/host.ts';
import { runCommand } from '../../smoke/run-command.ts';
import { UsageError } from '../../util/errors.ts';
import { EXIT } from '../exit-code.ts';

const TIMEOUT_MS = 60_000;

/**
 * Lets `flagdl get` say what is wrong with its arguments, before the first request.
 *
 * @throws {UsageError} With its words.
 */
export async function rehearse(
	args: readonly string[],
	host: Host,
	signal: AbortSignal,
): Promise<void> {
	const { code, lastOutput } = await runCommand(
		{
			argv: [host.node, host.bin, 'get', '--dry-run', ...args],
			cwd: tmpdir(),
			env: host.env,
			timeoutMs: TIMEOUT_MS,
			signal,
			onStdout() {},
		},
		host,
	);
	if (code === EXIT.usage) {
		throw new UsageError(lastOutput.replace(/^flagdl: /, '').replace(/\n?See flagdl .*$/s, ''));
	}
}
