import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Plan } from '../scenarios/plan.ts';
import type { PlanOptions } from '../scenarios/plan-run.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Identity } from './certificate.ts';
import { BACKLOG, Connections } from './connections.ts';
import type { ContentSource } from './content/content-source.ts';
import { type ContentOptions, openSource } from './content/open-source.ts';
import type { BodyHold } from './faults/write-body.ts';
import { FileRequests } from './files/file-requests.ts';
import { handleRequest, type Rooms } from './handle-request.ts';
import { type LogEntry, type LogSummary, RequestLog } from './request-log.ts';
import { takeArrived } from './timer.ts';
import type { Upstream } from './upstream/upstream-requests.ts';

export interface FlagServerOptions extends ContentOptions {
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
	/** Speaks HTTPS, and shows this. @default HTTP */
	readonly tls?: Identity;
	/** Further names of this server to which its control routes answer. @default none */
	readonly allowHosts?: readonly string[];
}

/** What cannot cross to a thread. */
export interface FlagServerHooks {
	/** Called with each request when it is over. */
	readonly log?: (entry: LogEntry) => void;
	/** A service in front of which it stands, instead of files. */
	readonly upstream?: Upstream;
	/** Stops bodies at their middle. */
	readonly hold?: BodyHold;
	/** What is served, if it has been opened before. */
	readonly source?: ContentSource;
}

/** *Fluent Python*, 18.6: an HTTP server that answers many clients on one thread. */
export interface FlagServer {
	/** Root, with a numeric address and without a slash at its end: `http://127.0.0.1:40123`. */
	readonly url: string;
	readonly port: number;
	/** Counts since the start or the last reset. */
	summary(): LogSummary;
	/** Those since the start or the last reset, oldest first; of more than 10,000 the last. */
	requests(): LogEntry[];
	/** Behaves like this from now on: counts of attempts, limits and log begin anew. */
	use(scenario: Scenario): void;
	/**
	 * What a correct client must end with.
	 *
	 * @param targets - Paths; for the bundled flags country codes, too. All files if absent.
	 */
	plan(options: Pick<PlanOptions, 'retries'>, targets?: readonly string[]): Promise<Plan>;
	/**
	 * Stops listening, answers each request that has arrived, for at most 8 s, and resolves when every
	 * connection is closed. A connection without a whole request ends at once.
	 */
	close(): Promise<void>;
	/** The same, for `await using`. */
	[Symbol.asyncDispose](): Promise<void>;
}

const NO_SCENARIO: Scenario = { name: 'local', description: '', seed: 1, limits: {}, rules: [] };

/** What keeps one bad client from costing the others anything. */
const SERVER_OPTIONS: ServerOptions & { readonly handshakeTimeout: number } = {
	// Headers and body go out in separate writes where a rule slows them: nothing may wait for an ACK.
	noDelay: true,
	// Longer than clients keep idle connections, so that the server never closes one under a request:
	// that would be a fault that no plan knows of.
	keepAliveTimeout: 120_000,
	handshakeTimeout: 15_000,
	headersTimeout: 15_000,
	requestTimeout: 30_000,
	connectionsCheckingInterval: 5_000,
	maxHeaderSize: 16 * 1024,
};

/** How long a client may leave an answer unread, or say nothing. */
const SILENCE_TIMEOUT_MS = 60_000;

/** How long `close` waits for responses: less than the 10 s after which `docker stop` kills. */
export const CLOSE_TIMEOUT_MS = 8_000;

/** How long a client may leave its response unread while the server closes. */
const CLOSE_SILENCE_TIMEOUT_MS = 2_000;

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
	tls,
	log: onLogged = () => {},
	hold,
	source: opened,
	upstream,
	...content
}: FlagServerOptions & FlagServerHooks = {}): Promise<FlagServer> {
	const log = new RequestLog();
	const source = opened ?? (await openSource(content));
	const onRequest: RequestListener = (request, response) => {
		handleRequest(rooms, request, response);
	};
	const server = await createFor(tls, onRequest);
	const connections = new Connections(server, log, scenario, tls !== undefined);
	server.setTimeout(SILENCE_TIMEOUT_MS, (socket) => {
		connections.endSilent(socket);
	});
	const forward =
		upstream &&
		(await import('./upstream/upstream-requests.ts')).openUpstream(upstream, server, onRequest);
	const restart = (downMs: number) => connections.restart(downMs);
	const under = (used: Scenario) => {
		const options = { scenario: used, revealFaults };
		return {
			files: new FileRequests({ ...options, source, hold, restart }),
			upstream: forward?.(options),
		};
	};
	let current = { ...scenario, seed };
	const plan: FlagServer['plan'] = async (options, targets = source.files.paths) => {
		const { planOf } = await import('./content/manifest.ts');
		return await planOf(current, source, targets, options);
	};
	const reset = () => {
		log.reset();
		rooms.files.reset();
		rooms.upstream?.reset();
	};
	const control = { log, allowHosts, reset, plan: forward ? undefined : plan };
	const rooms: Rooms = { source, ...under(current), control, connections, log, onLogged };

	server.listen({ port, host, backlog: BACKLOG });
	await once(server, 'listening');
	const address = server.address() as AddressInfo;

	let closing: Promise<void> | undefined;
	return {
		url: `${tls === undefined ? 'http' : 'https'}://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
		port: address.port,
		summary: () => log.summary(),
		requests: () => log.entries(),
		use(next) {
			current = next;
			connections.max = next.limits.maxConnections;
			connections.handshakeResets = next.tls?.reset ?? 0;
			Object.assign(rooms, under(next));
			log.reset();
		},
		plan,
		close: () => (closing ??= close()),
		[Symbol.asyncDispose]: () => (closing ??= close()),
	};

	async function close(): Promise<void> {
		connections.isClosing = true;
		await takeArrived();
		// A server that restarts does not listen.
		const closed = server.listening ? once(server, 'close') : undefined;
		server.close();
		connections.endIdle(CLOSE_SILENCE_TIMEOUT_MS);
		const timer = setTimeout(() => connections.endAll(), CLOSE_TIMEOUT_MS);
		await closed;
		clearTimeout(timer);
	}
}

async function createFor(tls: Identity | undefined, onRequest: RequestListener): Promise<Server> {
	if (tls === undefined) {
		return createServer(SERVER_OPTIONS, onRequest);
	}
	const https = await import('node:https');
	return https.createServer({ ...SERVER_OPTIONS, ...tls }, onRequest);
}
