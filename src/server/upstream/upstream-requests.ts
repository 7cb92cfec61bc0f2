import { createHash } from 'node:crypto';
import { type IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import { createDecide, type Decide, type Decision } from '../../scenarios/decide.ts';
import { UPSTREAM_FILES } from '../../scenarios/served-files.ts';
import { resetConnection } from '../connections.ts';
import { breakUnanswered } from '../faults/deliver.ts';
import { statusResponse } from '../faults/fault-response.ts';
import { ScenarioRequests, type ScenarioRequestsOptions } from '../files/scenario-requests.ts';
import { type Arrival, reply, serverFields, textResponse } from '../response.ts';
import {
	endToEnd,
	type Fields,
	filterFields,
	hasOneHost,
	unsupportedReason,
	withRelativeLocation,
} from './fields.ts';
import { connectTunnel, Service, ServiceError, type ServiceResponse } from './service.ts';
import {
	breakResponse,
	changesPace,
	endingOf,
	flushHead,
	forwardAlteredBody,
	forwardBody,
} from './upstream-body.ts';

/** Paths counted per run; clients may request any number of them. */
const MAX_PATHS = 10_000;

interface UpstreamOptions extends ScenarioRequestsOptions {
	readonly service: Service;
}

/** Proxies requests to a service and applies the faults of a scenario to its responses. */
export class UpstreamRequests extends ScenarioRequests<UpstreamOptions> {
	readonly #decide: Decide;

	constructor(options: UpstreamOptions) {
		super(options, MAX_PATHS);
		this.#decide = createDecide(options.scenario, UPSTREAM_FILES);
	}

	handle(arrival: Arrival): void {
		const { entry, request, method, path, query } = arrival;
		if (this.refuseOverLimit(arrival)) {
			return;
		}
		if (!hasOneHost(request)) {
			reply(arrival, textResponse(400, 'more than one Host field\n', { connection: 'close' }));
			return;
		}
		const reason = unsupportedReason(request);
		if (reason !== undefined) {
			reply(arrival, textResponse(501, `${reason}\n`, { connection: 'close' }));
			return;
		}

		const key = boundedKey(`${method} ${path}${query && `?${query}`}`);
		const attempt = this.attempts.next(entry.run, key);
		const decision = this.#decide(path, attempt, key);
		this.recordDecision(arrival, attempt, decision);
		this.afterLatency(arrival, decision, () => {
			void this.#answer(arrival, decision, key);
		});
	}

	async #answer(arrival: Arrival, decision: Decision, key: string): Promise<void> {
		const { request, response, entry, connection } = arrival;
		const { claim } = decision;
		const { fault } = claim ?? {};
		if (fault?.type === 'status') {
			reply(arrival, statusResponse(fault.status, fault.retryAfter), this.revealed(claim));
			return;
		}
		if (fault !== undefined && 'at' in fault && fault.at === 'before-headers') {
			entry.outcome = 'broken';
			await breakUnanswered(arrival, endingOf(fault));
			return;
		}
		try {
			const answer = await this.options.service.forward(request, response);
			await this.#forwardResponse(arrival, answer, decision, key);
		} catch (error) {
			if (connection.open.has(response)) {
				this.#respondFailure(arrival, error);
			}
		}
	}

	async #forwardResponse(
		arrival: Arrival,
		{ incoming, tunnel }: ServiceResponse,
		decision: Decision,
		key: string,
	): Promise<void> {
		const { response, entry, method } = arrival;
		const { claim } = decision;
		const status = incoming.statusCode ?? 502;
		entry.status = status;
		entry.servedMs = Math.round((performance.now() - arrival.arrivedMs) * 1000) / 1000;
		if (tunnel !== undefined) {
			entry.outcome = 'answered';
			connectTunnel(arrival.request, incoming, tunnel);
			arrival.connection.stall();
			return;
		}
		const reason = unsupportedReason(incoming);
		if (reason !== undefined) {
			incoming.destroy();
			throw new ServiceError('not-handed-on', `${reason}, and the answer of the service has some`);
		}
		const isEmpty =
			method === 'HEAD' ||
			status === 204 ||
			status === 304 ||
			incoming.headers['content-length'] === '0';
		const isClaimed = claim !== undefined && !isEmpty;
		response.sendDate = false;
		if (isClaimed && claim.fault.type === 'truncate' && claim.fault.framing === 'close-delimited') {
			response.shouldKeepAlive = false;
			response.useChunkedEncodingByDefault = false;
		}
		const fields = answerFields(incoming, isClaimed ? decision : undefined);
		response.writeHead(status, incoming.statusMessage, [
			...withRelativeLocation(fields, this.options.service.origin),
			...serverFields(arrival, this.revealed(isClaimed ? claim : undefined)),
		]);
		entry.outcome = isClaimed && claim.fault.type !== 'corrupt' ? 'broken' : 'answered';
		if (!isClaimed && !changesPace(decision)) {
			await forwardBody(incoming, arrival);
			return;
		}
		flushHead(response);
		if (isClaimed && 'at' in claim.fault && claim.fault.at === 'after-headers') {
			await breakResponse(arrival, decision);
			incoming.destroy();
			return;
		}
		const { seed } = this.options.scenario;
		const dice = { seed, path: key, attempt: entry.attempt ?? 1 };
		if (await forwardAlteredBody(incoming, arrival, { decision, dice })) {
			entry.outcome = 'answered';
		}
	}

	/** Reports a failure of the service itself: 502, 504, or a reset in the middle of a response. */
	#respondFailure(arrival: Arrival, error: unknown): void {
		const { response, entry, request } = arrival;
		const failure = error instanceof ServiceError ? error.failure : 'reset';
		entry.serviceFailure = failure;
		if (response.headersSent) {
			entry.outcome = 'broken';
			resetConnection(request.socket);
			return;
		}
		const { message } = error as Error;
		const revealed = this.options.revealFaults ? { 'x-flagdl-service': failure } : {};
		reply(arrival, textResponse(failure === 'timeout' ? 504 : 502, `${message}\n`, revealed));
	}
}

function answerFields(incoming: IncomingMessage, decision: Decision | undefined): Fields {
	const fault = decision?.claim?.fault;
	const omitsLength = fault?.type === 'truncate' && fault.framing !== 'content-length';
	const omitsDigest = fault !== undefined && 'digest' in fault && !fault.digest;
	return filterFields(
		endToEnd(incoming),
		(name) =>
			!(omitsLength && name === 'content-length') &&
			!(omitsDigest && (name === 'repr-digest' || name === 'content-digest')),
	);
}

/** Bounds the length of keys that are kept. */
function boundedKey(name: string): string {
	return name.length <= 256 ? name : createHash('sha256').update(name).digest('base64');
}

/** The service that the server stands in front of. */
export interface Upstream {
	/** Origin: `http://127.0.0.1:3000`. */
	readonly url: string;
	/** How long the service may take to send its headers. */
	readonly timeoutMs: number;
}

const CONNECT_REFUSAL =
	'HTTP/1.1 501 Not Implemented\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nCONNECT is not forwarded\n';

/**
 * Puts a server in front of a service.
 *
 * @returns Creates the request handler for a scenario.
 */
export function openUpstream(
	{ url, timeoutMs }: Upstream,
	server: Server,
	onRequest: RequestListener,
): (options: ScenarioRequestsOptions) => UpstreamRequests {
	const service = new Service(url, timeoutMs);
	// Uploads may take any time.
	server.requestTimeout = 0;
	server.on('connect', (_request, socket) => {
		socket.once('error', () => socket.destroy());
		socket.end(CONNECT_REFUSAL, () => socket.destroy());
	});
	server.on('upgrade', (request, _duplex, head) => {
		const { socket } = request;
		// Node no longer handles errors of an upgraded socket.
		socket.on('error', () => socket.destroy());
		socket.unshift(head);
		const response = new ServerResponse(request);
		response.assignSocket(socket);
		response.shouldKeepAlive = false;
		response.once('finish', () => socket.destroySoon());
		onRequest(request, response);
	});
	server.on('close', () => service.close());
	return (options) => new UpstreamRequests({ ...options, service });
}
