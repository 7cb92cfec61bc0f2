import process from 'node:process';
import type { StrategyName } from '../../strategies/names.ts';
import { splitShellWords, withoutUserInfoOf } from '../../util/secrets.ts';
import { environmentOf, expandPlaceholders, type Workspace } from './command-line.ts';
import { EventParser, type ReportedEvents } from './flagdl-events.ts';
import { type CommandEnd, type Host, runCommand } from './run-command.ts';

export interface Client {
	/** Whether it writes the events of `flagdl get --json` to standard output. */
	readonly speaksEvents: boolean;
	commandFor(workspace: Workspace): readonly [file: string, ...args: string[]] | string;
}

/** Retries and timeouts of a client, as assumed by the plan. */
export interface Profile {
	readonly retries: number;
	readonly concurrency: number;
	readonly stallTimeMs: number;
	/** Absent: no limit. */
	readonly maxTimeMs?: number | undefined;
	readonly retryMaxTimeMs: number;
	/** Longest duration of a run. */
	readonly timeoutMs: number;
}

export interface FlagdlClient {
	readonly strategy: StrategyName;
	readonly profile: Profile;
	readonly host: Host;
	/** Targets and their origin, as arguments of `flagdl get`. */
	readonly what: (workspace: Workspace) => readonly string[];
}

/** The real command with one strategy, in its own process. */
export function flagdlClient({ strategy, profile, host, what }: FlagdlClient): Client {
	return {
		speaksEvents: true,
		commandFor: (workspace) => [
			host.node,
			host.bin,
			'get',
			...['--json', '--progress', 'none', '--strategy', strategy],
			...profileArguments(profile),
			...['--output-dir', workspace.outputDir],
			...what(workspace),
		],
	};
}

/** Also printed, so that a run can be repeated by hand. */
export function profileArguments(profile: Profile): string[] {
	const { retries, concurrency, stallTimeMs, maxTimeMs, retryMaxTimeMs } = profile;
	return [
		...['-c', String(concurrency), '--retry', String(retries)],
		...['--stall-time', time(stallTimeMs)],
		...(maxTimeMs === undefined ? [] : ['--max-time', time(maxTimeMs)]),
		...['--retry-max-time', time(retryMaxTimeMs)],
	];
}

/** Another client, as a shell command line. */
export function shellClient(line: string): Client {
	const shell = process.platform === 'win32' ? 'cmd' : 'sh';
	return {
		speaksEvents: false,
		commandFor: (workspace) => expandPlaceholders(line, workspace, shell),
	};
}

function time(ms: number): string {
	return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

export interface Conditions {
	/** Ends the client when aborted. */
	readonly signal: AbortSignal;
	readonly host: Host;
	/** Whether the server holds all bodies halfway once, which costs time. */
	readonly holdsBodies: boolean;
}

/**
 * Runs a client to its end, and parses its events if it writes any.
 *
 * @param timeoutMs - Longest duration of the run.
 */
export async function runClient(
	client: Client,
	workspace: Workspace,
	timeoutMs: number,
	{ signal, host }: Conditions,
): Promise<{ readonly ended: CommandEnd; readonly reported?: ReportedEvents }> {
	const parser = new EventParser();
	const argv = client.commandFor(workspace);
	const { lastOutput, ...ended } = await runCommand({
		argv,
		cwd: workspace.outputDir,
		env: { ...exemptFromProxies(host.env, workspace), ...environmentOf(workspace) },
		timeoutMs,
		signal,
		...(client.speaksEvents && { onStdout: (text: string) => parser.write(text) }),
	});
	const words = typeof argv === 'string' ? splitShellWords(argv) : argv;
	return {
		ended: { ...ended, lastOutput: withoutUserInfoOf(words, lastOutput) },
		...(client.speaksEvents && { reported: parser.result() }),
	};
}

/** Exempts the loopback server from proxies in the environment, which could not reach it. */
function exemptFromProxies(env: Host['env'], { baseUrl }: Workspace): Host['env'] {
	if (!/^https?:\/\/127\.0\.0\.1:/.test(baseUrl)) {
		return env;
	}
	const exempt = [env['no_proxy'] ?? env['NO_PROXY'], '127.0.0.1'].filter(Boolean).join(',');
	return { ...env, no_proxy: exempt, NO_PROXY: exempt };
}
