import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Scenario } from '../scenarios/scenario.ts';
import { Connections } from './connections.ts';
import { ControlRoutes } from './control-routes.ts';
import { FlagFiles } from './flag-files.ts';
import { FlagRequests } from './flag-requests.ts';
import { handleRequest } from './handle-request.ts';
import {
	CLOSE_SILENCE_TIMEOUT_MS,
	CLOSE_TIMEOUT_MS,
	SERVER_OPTIONS,
	SILENCE_TIMEOUT_MS,
} from './http-limits.ts';
import { type LogEntry, type LogSummary, RequestLog } from './request-log.ts';
import { takeArrived } from './timer.ts';

export interface FlagServerOptions {
	/** 0 lets the kernel choose. @default 0 */
	readonly port?: number;
	/** @default '127.0.0.1' */
	readonly host?: string;
	/** @default no latency, no faults */
	readonly scenario?: Scenario;
	/** Instead of the scenario's own. */
	readonly seed?: number;
	/** Whether answers name the rule that made them false, in `x-flagdl-fault`. @default false */
	readonly revealFaults?: boolean;
	/** Further names of this server to which its control routes answer. @default none */
	readonly allowHosts?: readonly string[];
}

/** What cannot cross to a thread. */
export interface FlagServerHooks {
	/** Called with each request when it is over. */
	readonly log?: (entry: LogEntry) => void;
}

export interface FlagServer {
	/** Root, with a numeric address and without a slash at its end: `http://127.0.0.1:40123`. */
	readonly url: string;
	readonly port: number;
	/** Counts since the start or the last reset. */
	summary(): LogSummary;
	/**
	 * Stops listening, answers each request that has arrived, for at most 8 s, and resolves when every
	 * connection is closed. A connection without a whole request ends at once.
	 */
	close(): Promise<void>;
}

const NO_SCENARIO: Scenario = { name: 'local', description: '', seed: 1, limits: {}, rules: [] };

/**
 * Starts the mock flag server in this thread.
 *
 * @throws The error of `listen`, with its code: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`.
 */
export async function startFlagServer({
	port = 0,
	host = '127.0.0.1',
	scenario = NO_SCENARIO,
	seed = scenario.seed,
	revealFaults = false,
	allowHosts = [],
	log: onLogged = () => {},
}: FlagServerOptions & FlagServerHooks = {}): Promise<FlagServer> {
	const log = new RequestLog();
	const files = new FlagFiles();
	const server = createServer(SERVER_OPTIONS, (request, response) => {
		handleRequest(rooms, request, response);
	});
	const connections = new Connections(server, log, scenario.limits.maxConnections);
	server.setTimeout(SILENCE_TIMEOUT_MS, (socket) => {
		connections.endSilent(socket);
	});
	const flags = new FlagRequests({
		scenario: { ...scenario, seed },
		files,
		connections,
		revealFaults,
	});
	const control = new ControlRoutes(log, allowHosts, () => {
		log.reset();
		flags.reset();
	});
	const rooms = { files, flags, control, connections, log, onLogged };

	server.listen(port, host);
	await once(server, 'listening');
	const address = server.address() as AddressInfo;

	let closing: Promise<void> | undefined;
	return {
		url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
		port: address.port,
		summary: () => log.summary(),
		close: () => (closing ??= close()),
	};

	async function close(): Promise<void> {
		connections.startClosing();
		await takeArrived();
		const closed = once(server, 'close');
		server.close();
		connections.endIdle(CLOSE_SILENCE_TIMEOUT_MS);
		const timer = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS);
		await closed;
		clearTimeout(timer);
	}
}
