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
import { handleRequest } from './handle-request.ts';
import { type LogEntry, type LogSummary, RequestLog } from './request-log.ts';
import { processPendingIo } from './timer.ts';
import type { Upstream } from './upstream/upstream-requests.ts';

export interface FlagServerOptions extends ContentOptions {
	/** 0 lets the kernel choose a port. @default 0 */
	readonly port?: number;
	/** @default '127.0.0.1' */
	readonly host?: string;
	/** @default no latency, no faults */
	readonly scenario?: Scenario;
	/** Overrides the seed of the scenario. */
	readonly seed?: number;
	/** Whether responses name the rule that made them faulty, in `x-flagdl-fault`. @default false */
	readonly revealFaults?: boolean;
	/** Serves HTTPS with this certificate. @default HTTP */
	readonly tls?: Identity;
	/** Additional host names accepted by the control routes. @default none */
	readonly allowHosts?: readonly string[];
}

/** Options that cannot be cloned to a thread. */
export interface FlagServerHooks {
	/** Called with each request when it has ended. */
	readonly log?: (entry: LogEntry) => void;
	/** A service to stand in front of, instead of serving files. */
	readonly upstream?: Upstream;
	/** Stops bodies halfway. */
	readonly hold?: BodyHold;
	/** An already opened source of content. */
	readonly source?: ContentSource;
}

/** *Fluent Python*, 18.6: an HTTP server that answers many clients on one thread. */
export interface FlagServer {
	/** Root with a numeric address, without a trailing slash: `http://127.0.0.1:40123`. */
	readonly url: string;
	readonly port: number;
	/** Counts since the start or the last reset. */
	summary(): LogSummary;
	/** Requests since the start or the last reset, oldest first; at most the last 10,000. */
	requests(): LogEntry[];
	/** Switches to another scenario, and resets attempt counts, limits and log. */
	use(scenario: Scenario): void;
	/**
	 * What a correct client must end with.
	 *
	 * @param targets - Paths; for the bundled flags, country codes, too. All files if absent.
	 */
	plan(options: Pick<PlanOptions, 'retries'>, targets?: readonly string[]): Promise<Plan>;
	/**
	 * Stops listening, answers each request that has arrived, for at most 8 s, and resolves when every
	 * connection is closed. A connection without a complete request ends at once.
	 */
	close(): Promise<void>;
	/** `close`, for `await using`. */
	[Symbol.asyncDispose](): Promise<void>;
}

const NO_SCENARIO: Scenario = { name: 'local', description: '', seed: 1, limits: {}, rules: [] };

/** Keep a bad client from affecting the others. */
const SERVER_OPTIONS: ServerOptions & { readonly handshakeTimeout: number } = {
	// A rule that slows a response sends headers and body in separate writes, which must not wait for an ACK.
	noDelay: true,
	// Longer than clients keep idle connections, so that the server never closes one under a request:
	// no plan accounts for such a fault.
	keepAliveTimeout: 120_000,
	handshakeTimeout: 15_000,
	headersTimeout: 15_000,
	requestTimeout: 30_000,
	connectionsCheckingInterval: 5_000,
	maxHeaderSize: 16 * 1024,
};

/** How long a client may leave a response unread, or send nothing. */
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
	source: openedSource,
	upstream,
	...content
}: FlagServerOptions & FlagServerHooks = {}): Promise<FlagServer> {
	const log = new RequestLog();
	const source = openedSource ?? (await openSource(content));
	const onRequest: RequestListener = (request, response) => {
		handleRequest(context, request, response);
	};
	const server = await createHttpServer(tls, onRequest);
	const connections = new Connections(server, log, scenario, tls !== undefined);
	server.setTimeout(SILENCE_TIMEOUT_MS, (socket) => {
		connections.endSilent(socket);
	});
	const forward =
		upstream &&
		(await import('./upstream/upstream-requests.ts')).openUpstream(upstream, server, onRequest);
	const restart = (downMs: number) => connections.restart(downMs);
	const handlersFor = (used: Scenario) => {
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
		context.files.reset();
		context.upstream?.reset();
	};
	const control = { log, allowHosts, reset, plan: forward ? undefined : plan };
	const context = { source, ...handlersFor(current), control, connections, log, onLogged };

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
			Object.assign(context, handlersFor(next));
			log.reset();
		},
		plan,
		close: () => (closing ??= close()),
		[Symbol.asyncDispose]: () => (closing ??= close()),
	};

	async function close(): Promise<void> {
		connections.isClosing = true;
		await processPendingIo();
		// A server that is restarting does not listen.
		const closed = server.listening ? once(server, 'close') : undefined;
		server.close();
		connections.endIdle(CLOSE_SILENCE_TIMEOUT_MS);
		const timer = setTimeout(() => connections.endAll(), CLOSE_TIMEOUT_MS);
		await closed;
		clearTimeout(timer);
	}
}

async function createHttpServer(
	tls: Identity | undefined,
	onRequest: RequestListener,
): Promise<Server> {
	if (tls === undefined) {
		return createServer(SERVER_OPTIONS, onRequest);
	}
	const https = await import('node:https');
	return https.createServer({ ...SERVER_OPTIONS, ...tls }, onRequest);
}
