import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { createDecide, type Decide, type Decision } from '../../scenarios/decide.ts';
import { FILES_OF_OTHERS } from '../../scenarios/served-files.ts';
import { resetConnection } from '../connections.ts';
import { breakUnanswered, socketOf } from '../faults/deliver.ts';
import { statusAnswer } from '../faults/fault-response.ts';
import { ScenarioRequests, type ScenarioRequestsOptions } from '../files/scenario-requests.ts';
import { type Arrival, type Dress, reply, textAnswer } from '../response.ts';
import { endToEnd, type Fields, filterFields, notHandedOn, withOwnLocation } from './fields.ts';
import { connectTunnel, type Service, type ServiceAnswer, ServiceError } from './service.ts';
import {
	type BodyFaults,
	changesPace,
	cut,
	flushHead,
	passBody,
	passWhole,
} from './upstream-body.ts';

/** Counted of a run; a service may be asked for any number of paths. */
const MAX_PATHS = 10_000;

export interface UpstreamOptions extends ScenarioRequestsOptions {
	readonly service: Service;
}

/** Hands requests on to a service, and its answers back, with the faults of a scenario between. */
export class UpstreamRequests extends ScenarioRequests<UpstreamOptions> {
	readonly #decide: Decide;

	constructor(options: UpstreamOptions) {
		super(options, MAX_PATHS);
		this.#decide = createDecide(options.scenario, FILES_OF_OTHERS);
	}

	/** @param path - As sent, without query. */
	handle(arrival: Arrival, path: string): void {
		const { entry, request } = arrival;
		if (this.refuses(arrival)) {
			return;
		}
		const why = notHandedOn(request);
		if (why !== undefined) {
			reply(arrival, textAnswer(501, `${why}\n`, { connection: 'close' }), this.dress(arrival));
			return;
		}

		const drawn = shortened(`${arrival.method} ${path}${arrival.query && `?${arrival.query}`}`);
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
			const answer = statusAnswer(fault.status, fault.retryAfter);
			reply(arrival, answer, this.dress(arrival, claim?.rule));
			return;
		}
		if (fault !== undefined && 'at' in fault && fault.at === 'before-headers') {
			entry.outcome = 'broken';
			await this.#breakUnanswered(arrival, fault.type);
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

	async #breakUnanswered({ response, connection }: Arrival, type: string): Promise<void> {
		const { connections } = this.options;
		const left = new AbortController();
		response.once('close', () => left.abort());
		const socket = response.socket ?? (await socketOf(response, left.signal));
		if (socket !== undefined) {
			const onStall = (stalled: Socket) => connections.stall(stalled);
			const breaking = { reused: connection.requests > 1, signal: left.signal, onStall };
			await breakUnanswered(
				breaking,
				socket,
				type === 'stall' || type === 'reset' ? type : 'close',
			);
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
			this.options.connections.stall(arrival.request.socket);
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
			...extraFields(this.dress(arrival, isClaimed ? claim.rule : undefined)),
		]);
		entry.outcome = isClaimed && claim.fault.type !== 'corrupt' ? 'broken' : 'answered';
		if (!isClaimed && !changesPace(decision)) {
			await passWhole(incoming, arrival);
			return;
		}
		const left = new AbortController();
		response.once('close', () => left.abort());
		const faults: BodyFaults = {
			response,
			decision,
			dice: { seed: this.options.scenario.seed, path: drawn, attempt: entry.attempt ?? 1 },
			signal: left.signal,
			onBytes: (bytes) => {
				entry.bytes += bytes;
			},
			onStall: (socket) => this.options.connections.stall(socket),
		};
		flushHead(response);
		if (isClaimed && 'at' in claim.fault && claim.fault.at === 'after-headers') {
			await cut(faults);
			incoming.destroy();
			return;
		}
		if (await passBody(incoming, faults)) {
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
		const status = failure === 'timeout' ? 504 : 502;
		reply(
			arrival,
			textAnswer(status, `${message}\n`, {
				...(this.options.revealFaults && { 'x-flagdl-service': failure }),
			}),
			this.dress(arrival),
		);
	}
}

function extraFields({ lastOnConnection, fault }: Dress): Fields {
	return [
		...(lastOnConnection ? ['connection', 'close'] : []),
		...(fault === undefined ? [] : ['x-flagdl-fault', fault]),
	];
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
