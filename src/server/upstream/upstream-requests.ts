import { createHash } from 'node:crypto';
import { type IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import { createDecide, type Decide, type Decision } from '../../scenarios/decide.ts';
import { FILES_OF_OTHERS } from '../../scenarios/served-files.ts';
import { resetConnection } from '../connections.ts';
import { breakUnanswered } from '../faults/deliver.ts';
import { statusAnswer } from '../faults/fault-response.ts';
import { ScenarioRequests, type ScenarioRequestsOptions } from '../files/scenario-requests.ts';
import { type Arrival, reply, serverFields, textAnswer } from '../response.ts';
import { endToEnd, type Fields, filterFields, notHandedOn, withOwnLocation } from './fields.ts';
import { connectTunnel, Service, type ServiceAnswer, ServiceError } from './service.ts';
import { changesPace, cut, endingOf, flushHead, passBody, passWhole } from './upstream-body.ts';

/** Counted of a run; a service may be asked for any number of paths. */
const MAX_PATHS = 10_000;

interface UpstreamOptions extends ScenarioRequestsOptions {
	readonly service: Service;
}

/** Hands requests on to a service, and its answers back, with the faults of a scenario between. */
export class UpstreamRequests extends ScenarioRequests<UpstreamOptions> {
	readonly #decide: Decide;

	constructor(options: UpstreamOptions) {
		super(options, MAX_PATHS);
		this.#decide = createDecide(options.scenario, FILES_OF_OTHERS);
	}

	handle(arrival: Arrival): void {
		const { entry, request, method, path, query } = arrival;
		if (this.refuses(arrival)) {
			return;
		}
		const why = notHandedOn(request);
		if (why !== undefined) {
			reply(arrival, textAnswer(501, `${why}\n`, { connection: 'close' }));
			return;
		}

		const drawn = shortened(`${method} ${path}${query && `?${query}`}`);
		const attempt = this.attempts.next(entry.run, drawn);
		const decision = this.#decide(path, attempt, drawn);
		this.note(arrival, attempt, decision);
		this.afterLatency(arrival, decision, () => {
			void this.#answer(arrival, decision, drawn);
		});
	}

	async #answer(arrival: Arrival, decision: Decision, drawn: string): Promise<void> {
		const { request, response, entry, connection } = arrival;
		const { claim } = decision;
		const { fault } = claim ?? {};
		if (fault?.type === 'status') {
			reply(arrival, statusAnswer(fault.status, fault.retryAfter), this.revealed(claim));
			return;
		}
		if (fault !== undefined && 'at' in fault && fault.at === 'before-headers') {
			entry.outcome = 'broken';
			await breakUnanswered(arrival, endingOf(fault));
			return;
		}
		try {
			const answer = await this.options.service.ask(request, response);
			await this.#handBack(arrival, answer, decision, drawn);
		} catch (error) {
			if (connection.open.has(response)) {
				this.#failed(arrival, error);
			}
		}
	}

	async #handBack(
		arrival: Arrival,
		{ incoming, tunnel }: ServiceAnswer,
		decision: Decision,
		drawn: string,
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
		const why = notHandedOn(incoming);
		if (why !== undefined) {
			incoming.destroy();
			throw new ServiceError('not-handed-on', `${why}, and the answer of the service has some`);
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
			...withOwnLocation(fields, this.options.service.origin),
			...serverFields(arrival, this.revealed(isClaimed ? claim : undefined)),
		]);
		entry.outcome = isClaimed && claim.fault.type !== 'corrupt' ? 'broken' : 'answered';
		if (!isClaimed && !changesPace(decision)) {
			await passWhole(incoming, arrival);
			return;
		}
		flushHead(response);
		if (isClaimed && 'at' in claim.fault && claim.fault.at === 'after-headers') {
			await cut(arrival, decision);
			incoming.destroy();
			return;
		}
		const { seed } = this.options.scenario;
		const dice = { seed, path: drawn, attempt: entry.attempt ?? 1 };
		if (await passBody(incoming, arrival, { decision, dice })) {
			entry.outcome = 'answered';
		}
	}

	/** The service's own failure is no fault of ours: 502, 504, or an end in the middle. */
	#failed(arrival: Arrival, error: unknown): void {
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
		reply(arrival, textAnswer(failure === 'timeout' ? 504 : 502, `${message}\n`, revealed));
	}
}

function answerFields(incoming: IncomingMessage, decision: Decision | undefined): Fields {
	const fault = decision?.claim?.fault;
	const isUnmeasured = fault?.type === 'truncate' && fault.framing !== 'content-length';
	const isUnchecked = fault !== undefined && 'digest' in fault && !fault.digest;
	return filterFields(
		endToEnd(incoming),
		(name) =>
			!(isUnmeasured && name === 'content-length') &&
			!(isUnchecked && (name === 'repr-digest' || name === 'content-digest')),
	);
}

/** Names of counts are bounded, too. */
function shortened(name: string): string {
	return name.length <= 256 ? name : createHash('sha256').update(name).digest('base64');
}

/** The service in front of which the server stands. */
export interface Upstream {
	/** Its origin: `http://127.0.0.1:3000`. */
	readonly url: string;
	/** How long it may take until its headers. */
	readonly timeoutMs: number;
}

const NO_TUNNEL =
	'HTTP/1.1 501 Not Implemented\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nCONNECT is not handed on\n';

/**
 * Puts a server in front of a service.
 *
 * @returns What answers its requests, under a scenario.
 */
export function openUpstream(
	{ url, timeoutMs }: Upstream,
	server: Server,
	onRequest: RequestListener,
): (options: ScenarioRequestsOptions) => UpstreamRequests {
	const service = new Service(url, timeoutMs);
	// An upload takes as long as it takes.
	server.requestTimeout = 0;
	server.on('connect', (_request, socket) => {
		socket.once('error', () => socket.destroy());
		socket.end(NO_TUNNEL, () => socket.destroy());
	});
	server.on('upgrade', (request, _duplex, head) => {
		const { socket } = request;
		// Node has let go of it, and of its errors.
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
