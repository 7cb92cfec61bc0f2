import process from 'node:process';
import type { StrategyName } from '../../strategies/names.ts';
import { withoutUserInfoOf, wordsOfShell } from '../../util/secrets.ts';
import { environmentOf, fillIn, type Place } from './command-line.ts';
import { Listener, type Said } from './flagdl-events.ts';
import { type Ended, type Host, runCommand } from './run-command.ts';

export interface Client {
	/** Whether it writes the events of `flagdl get --json` to standard output. */
	readonly speaksEvents: boolean;
	commandFor(place: Place): readonly [file: string, ...args: string[]] | string;
}

/** What a client is told about retries and time-outs, and what the plan supposes. */
export interface Profile {
	readonly retries: number;
	readonly concurrency: number;
	readonly stallTimeMs: number;
	/** Absent: no limit. */
	readonly maxTimeMs?: number | undefined;
	readonly retryMaxTimeMs: number;
	/** Of one run, from start to end. */
	readonly timeoutMs: number;
}

export interface FlagdlClient {
	readonly strategy: StrategyName;
	readonly profile: Profile;
	readonly host: Host;
	/** Targets and their origin, as arguments of `flagdl get`. */
	readonly what: (place: Place) => readonly string[];
}

/** The real command, as a process of its own, by one strategy. */
export function flagdlClient({ strategy, profile, host, what }: FlagdlClient): Client {
	return {
		speaksEvents: true,
		commandFor: (place) => [
			host.node,
			host.bin,
			'get',
			...['--json', '--progress', 'none', '--strategy', strategy],
			...profileArguments(profile),
			...['--output-dir', place.outputDir],
			...what(place),
		],
	};
}

/** As they are printed, so that a run can be repeated by hand. */
export function profileArguments(profile: Profile): string[] {
	const { retries, concurrency, stallTimeMs, maxTimeMs, retryMaxTimeMs } = profile;
	return [
		...['-c', String(concurrency), '--retry', String(retries)],
		...['--stall-time', time(stallTimeMs)],
		...(maxTimeMs === undefined ? [] : ['--max-time', time(maxTimeMs)]),
		...['--retry-max-time', time(retryMaxTimeMs)],
	];
}

/** Another downloader, as a command line for the shell. */
export function shellClient(line: string): Client {
	const shell = process.platform === 'win32' ? 'cmd' : 'sh';
	return { speaksEvents: false, commandFor: (place) => fillIn(line, place, shell) };
}

function time(ms: number): string {
	return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

export interface Conditions {
	/** Ends the client when aborted. */
	readonly signal: AbortSignal;
	readonly host: Host;
	/** Whether the server is to stop all bodies at their middle once; that costs time. */
	readonly holdsBodies: boolean;
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
	const { lastOutput, ...ended } = await runCommand({
		argv,
		cwd: place.outputDir,
		env: { ...pastProxies(host.env, place), ...environmentOf(place) },
		timeoutMs,
		signal,
		...(client.speaksEvents && { onStdout: (text: string) => listener.hear(text) }),
	});
	const words = typeof argv === 'string' ? wordsOfShell(argv) : argv;
	return {
		ended: { ...ended, lastOutput: withoutUserInfoOf(words, lastOutput) },
		...(client.speaksEvents && { said: listener.said() }),
	};
}

/** A proxy of the environment could not reach a server on the loopback of this machine. */
function pastProxies(env: Host['env'], { baseUrl }: Place): Host['env'] {
	if (!/^https?:\/\/127\.0\.0\.1:/.test(baseUrl)) {
		return env;
	}
	const exempt = [env['no_proxy'] ?? env['NO_PROXY'], '127.0.0.1'].filter(Boolean).join(',');
	return { ...env, no_proxy: exempt, NO_PROXY: exempt };
}
