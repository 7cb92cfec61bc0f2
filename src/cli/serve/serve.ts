import { once } from 'node:events';
import { isFault } from '../../scenarios/decide.ts';
import { loadScenario } from '../../scenarios/load-scenario.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { type ServedFiles, UPSTREAM_FILES } from '../../scenarios/served-files.ts';
import { caEnvironment, type Identity } from '../../server/certificate.ts';
import type { ContentSource } from '../../server/content/content-source.ts';
import type { Finder } from '../../server/finder/start-finder.ts';
import type { LogEntry } from '../../server/request-log.ts';
import { type FlagServer, startFlagServer } from '../../server/start-flag-server.ts';
import type { Upstream } from '../../server/upstream/upstream-requests.ts';
import { CannotRunError, systemReason, UsageError } from '../../util/errors.ts';
import { explainInput, list } from '../../util/suggest.ts';
import { printable } from '../../util/text.ts';
import { EXIT } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { openRoot, upstreamOf } from '../options/content.ts';
import { outputFiles } from '../report-files.ts';
import { announce } from './announce.ts';
import type { ServeFlags } from './command.ts';
import { openLogFile } from './log-file.ts';
import { runWithServer } from './run-with-server.ts';
import { type CaFile, openTls, writeCaFile } from './tls.ts';

/** The port that the book uses. */
const PORT = 8000;

/**
 * Serves until interrupted, or until the command has exited.
 *
 * @param command - Command and arguments; empty if there is none.
 * @returns With a command, its exit code. Otherwise 0, also after a signal, which is how a server is stopped.
 * @throws {UsageError} If the scenario is invalid.
 * @throws {CannotRunError} If a port or the log cannot be opened, or the command cannot be started.
 */
export async function serve(
	command: readonly string[],
	flags: ServeFlags,
	io: Io,
): Promise<number> {
	if (command[0] === '') {
		throw new UsageError(`<command>: ${explainInput('""', 'a program and its arguments')}`);
	}
	io.removeTimeLimit?.();
	const { scenario: scenarioFile, tlsCert, tlsKey } = flags;
	const inputs = { '--scenario': scenarioFile, '--tls-cert': tlsCert, '--tls-key': tlsKey };
	const [logFile] = outputFiles({ '--log': flags.log }, inputs, io.cwd);
	const source = flags.root === undefined ? undefined : await openRoot(flags.root, io.cwd);
	const upstream = upstreamOf(flags);
	const files = upstream === undefined ? source?.files : UPSTREAM_FILES;
	const scenario = serveScenario(flags, io.cwd, files);
	const identity = await openTls(flags, { scenario, host: flags.host, cwd: io.cwd });
	const log = logFile && (await openLogFile(logFile.path, io.interrupted));
	// Concurrent commands must not compete for one port.
	const port = flags.port ?? (command.length > 0 ? 0 : PORT);
	const rulesMet = new Set<string>();
	const onRequest = (entry: LogEntry) => {
		if (entry.rule !== undefined) {
			rulesMet.add(entry.rule);
		}
		log?.write(entry);
	};
	const server = await start(port, flags, { scenario, source, upstream, onRequest, identity });
	let finder: Finder | undefined;
	let caFile: CaFile | undefined;

	try {
		finder = await startFinderAt(flags);
		caFile = identity?.ca === undefined ? undefined : await writeCaFile(identity.ca);
		if (command.length > 0) {
			const hasFlags = source === undefined && upstream === undefined;
			const base = hasFlags ? `${server.url}/flags` : server.url;
			const env = { ...io.env, ...caEnvironment(caFile?.path) };
			const code = await runWithServer(command, base, { ...io, env });
			// A request is logged when it ends.
			await server.close();
			warnOfUnmet(scenario, rulesMet, io);
			return code;
		}

		const { url } = server;
		announce(
			{
				url,
				pid: process.pid,
				scenario,
				finderPort: finder?.port,
				root: flags.root,
				source,
				upstream: upstream?.url,
				caFile: caFile?.path,
			},
			io,
		);
		// Without the ready line nothing can find the server.
		await io.flush();
		const { interrupted } = io;
		const ending = interrupted.aborted ? [] : once(interrupted, 'abort');
		await Promise.race([ending, ...(log ? [log.failed] : [])]);
		return EXIT.ok;
	} finally {
		await Promise.all([server.close(), finder?.close(), caFile?.remove()]);
		await log?.close(server.summary());
	}
}

interface Served {
	readonly scenario: Scenario;
	readonly source: ContentSource | undefined;
	readonly upstream: Upstream | undefined;
	readonly onRequest: (entry: LogEntry) => void;
	readonly identity: Identity | undefined;
}

async function start(
	port: number,
	{ host, revealFaults = false, allowHost: allowHosts = [] }: ServeFlags,
	{ scenario, source, upstream, onRequest, identity }: Served,
): Promise<FlagServer> {
	try {
		return await startFlagServer({
			port,
			host,
			scenario,
			revealFaults,
			allowHosts,
			...(source !== undefined && { source }),
			...(upstream !== undefined && { upstream }),
			...(identity !== undefined && { tls: identity }),
			log: onRequest,
		});
	} catch (error) {
		throw cannotListen(error, port, host, '--port');
	}
}

/** Names the rules that never applied: a test without its faults proves nothing. */
function warnOfUnmet({ rules }: Scenario, met: ReadonlySet<string>, { stderr }: Io): void {
	const unmet = rules
		.filter(({ id, action }) => isFault(action) && !met.has(id))
		.map(({ id }) => id);
	if (unmet.length > 0) {
		const what = unmet.length === 1 ? 'rule' : 'rules';
		stderr.write(`warning  no request met the ${what} ${printable(list(unmet))}\n`);
	}
}

async function startFinderAt({ finderPort, host }: ServeFlags): Promise<Finder | undefined> {
	if (finderPort === undefined) {
		return undefined;
	}
	const { startFinder } = await import('../../server/finder/start-finder.ts');
	try {
		return await startFinder({ port: finderPort, host });
	} catch (error) {
		throw cannotListen(error, finderPort, host, '--finder-port');
	}
}

function cannotListen(error: unknown, port: number, host: string, option: string): CannotRunError {
	const { code } = error as NodeJS.ErrnoException;
	const why =
		code === 'EADDRINUSE'
			? `port ${port} of ${host} is taken; choose another with ${option}, or ${option} 0 for any free one`
			: `cannot listen on port ${port} of ${host}: ${systemReason(error)}`;
	return new CannotRunError(why, { cause: error });
}

/**
 * The scenario that the options select. `--latency` and `--error-rate` build one, so that delays and failures
 * have a single implementation.
 *
 * @throws {UsageError} If there is no such scenario, or it is invalid.
 */
function serveScenario(flags: ServeFlags, cwd: string, files?: ServedFiles): Scenario {
	const { scenario, latency, errorRate, seed } = flags;
	const named =
		latency === undefined && errorRate === undefined
			? loadScenario(scenario ?? 'local', cwd, files).scenario
			: builtScenario(latency, errorRate);
	return { ...named, ...(seed !== undefined && { seed }) };
}

function builtScenario(latencyMs = 0, errorRate = 0): Scenario {
	return {
		name: 'custom',
		description: 'Built from --latency and --error-rate.',
		seed: 1,
		latency: { dist: 'constant', ms: latencyMs },
		limits: {},
		rules: [
			{
				id: 'error-rate',
				select: { probability: errorRate },
				attempts: { from: 1 },
				action: { type: 'status', status: 503 },
			},
		],
	};
}
