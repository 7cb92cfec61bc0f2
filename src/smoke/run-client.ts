import { withoutUserInfoOf, wordsOfShell } from '../util/secrets.ts';
import { environmentOf, type Place } from './command-line.ts';
import type { Host } from './host.ts';
import { Listener } from './listener.ts';
import { type Ended, runCommand } from './run-command.ts';
import type { Client } from './run-spec.ts';
import type { Said } from './said.ts';

export interface Conditions {
	/** Ends the client when aborted. */
	readonly signal: AbortSignal;
	readonly host: Host;
}

/**
 * Runs a client to its end in its place, and listens to it where it speaks events.
 *
 * @param timeoutMs - From start to end.
 */
export async function runClient(
	client: Client,
	place: Place,
	timeoutMs: number,
	{ signal, host }: Conditions,
): Promise<{ readonly ended: Ended; readonly said?: Said }> {
	const listener = new Listener();
	const argv = client.commandFor(place);
	const { lastOutput, ...ended } = await runCommand(
		{
			argv,
			cwd: place.outputDir,
			env: { ...pastProxies(host.env, place), ...environmentOf(place) },
			timeoutMs,
			signal,
			...(client.speaksEvents && { onStdout: (text: string) => listener.hear(text) }),
		},
		host,
	);
	const words = typeof argv === 'string' ? wordsOfShell(argv) : argv;
	return {
		ended: { ...ended, lastOutput: withoutUserInfoOf(words, lastOutput) },
		...(client.speaksEvents && { said: listener.said() }),
	};
}

/** A proxy of the environment could not reach a server on the loopback of this machine. */
function pastProxies(env: Host['env'], { baseUrl }: Place): Host['env'] {
	if (!baseUrl.startsWith('http://127.0.0.1:')) {
		return env;
	}
	const exempt = [env['no_proxy'] ?? env['NO_PROXY'], '127.0.0.1'].filter(Boolean).join(',');
	return { ...env, no_proxy: exempt, NO_PROXY: exempt };
}
