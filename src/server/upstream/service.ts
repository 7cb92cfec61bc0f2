import {
	type ClientRequest,
	Agent as HttpAgent,
	request as httpRequest,
	type IncomingMessage,
	type InformationEvent,
	type ServerResponse,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { isUpgrade, requestFields } from './fields.ts';

/** How the service failed on its own, not by a fault of the scenario. */
export type ServiceFailure =
	| 'refused'
	| 'reset'
	| 'timeout'
	| 'malformed'
	| 'unreachable'
	| 'not-handed-on';

export class ServiceError extends Error {
	readonly failure: ServiceFailure;

	constructor(failure: ServiceFailure, message: string, options?: ErrorOptions) {
		super(message, options);
		this.failure = failure;
	}
}

/** A response of the service, with a tunnel if it switched protocols. */
export interface ServiceResponse {
	readonly incoming: IncomingMessage;
	readonly tunnel?: { readonly socket: Duplex; readonly head: Buffer };
}

/** Safe methods, repeated if a reused connection turns out to be closed. */
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** The real service and the connections to it. */
export class Service {
	readonly origin: string;
	readonly #url: URL;
	readonly #timeoutMs: number;
	readonly #agent: HttpAgent;

	constructor(url: string, timeoutMs: number) {
		this.#url = new URL(url);
		this.origin = this.#url.origin;
		this.#timeoutMs = timeoutMs;
		const Agent = this.#url.protocol === 'https:' ? HttpsAgent : HttpAgent;
		this.#agent = new Agent({ keepAlive: true, noDelay: true });
	}

	/**
	 * @param response - The request to the service is aborted when it closes.
	 * @throws {ServiceError}
	 */
	async forward(request: IncomingMessage, response: ServerResponse): Promise<ServiceResponse> {
		const { method = 'GET' } = request;
		const isRepeatable = REPEATABLE.has(method) && !hasBody(request) && !isUpgrade(request);
		if (!isRepeatable) {
			// A new connection cannot be a stale one.
			return await this.#send(request, response, false);
		}
		try {
			return await this.#send(request, response, this.#agent);
		} catch (error) {
			if (error instanceof StaleConnectionError && !response.destroyed) {
				return await this.#send(request, response, false);
			}
			throw error;
		}
	}

	async #send(
		request: IncomingMessage,
		response: ServerResponse,
		agent: HttpAgent | false,
	): Promise<ServiceResponse> {
		const { protocol, hostname, port, host } = this.#url;
		const send = protocol === 'https:' ? httpsRequest : httpRequest;
		const upstreamRequest = send({
			protocol,
			hostname: hostname.replace(/^\[|\]$/g, ''),
			port,
			method: request.method,
			path: originForm(request.url ?? '/'),
			headers: requestFields(request, host),
			agent,
			timeout: this.#timeoutMs,
			...(agent === false && { noDelay: true }),
		});
		// Cheaper than a signal, which creates an error for each. No effect after a complete response.
		response.once('close', () => upstreamRequest.destroy());
		return await new Promise((resolve, reject) => {
			const fail = (error: unknown) => reject(failureOf(error, upstreamRequest));
			upstreamRequest.once('error', fail);
			// Later errors surface on the body.
			upstreamRequest.on('error', () => {});
			upstreamRequest.on('timeout', () => {
				if (isAwaitingUpload(upstreamRequest)) {
					return;
				}
				const seconds = this.#timeoutMs / 1000;
				upstreamRequest.destroy(
					new ServiceError('timeout', `the service said nothing for ${seconds} s`),
				);
			});
			upstreamRequest.on('information', (interim) => forwardInterim(interim, response));
			upstreamRequest.once('response', (incoming) => {
				// From here on a slow client may delay reading.
				upstreamRequest.setTimeout(0);
				resolve({ incoming });
			});
			upstreamRequest.once('upgrade', (incoming, socket, head) => {
				socket.setTimeout(0);
				resolve({ incoming, tunnel: { socket, head } });
			});
			if (isUpgrade(request)) {
				upstreamRequest.end();
			} else {
				sendBody(request, upstreamRequest);
			}
		});
	}

	close(): void {
		this.#agent.destroy();
	}
}

/** Whether the silence is that of the client, in the middle of its upload. */
function isAwaitingUpload({ socket, writableEnded, writableNeedDrain }: ClientRequest): boolean {
	return socket?.connecting === false && !writableEnded && !writableNeedDrain;
}

class StaleConnectionError extends ServiceError {}

function hasBody({ headers }: IncomingMessage): boolean {
	return headers['content-length'] !== undefined || 'transfer-encoding' in headers;
}

/**
 * Writes each chunk two turns of the event loop later, after pending reads: if a service refuses an upload and
 * closes, its response is read before a write fails.
 */
function sendBody(request: IncomingMessage, upstreamRequest: ClientRequest): void {
	const end = () => {
		if (request.rawTrailers.length > 0) {
			upstreamRequest.destroy(new ServiceError('not-handed-on', 'trailers are not forwarded'));
		} else {
			upstreamRequest.end();
		}
	};
	if (request.readableEnded) {
		end();
		return;
	}
	if (!hasBody(request)) {
		request.resume().once('end', end);
		return;
	}
	// A service may respond to the headers alone.
	upstreamRequest.flushHeaders();
	// A paused stream still emits `end` when its last chunk has been read: that chunk is written first.
	request.once('end', () => afterPendingReads(end));
	request.on('data', (chunk: Buffer) => {
		request.pause();
		const write = () => {
			if (upstreamRequest.destroyed || upstreamRequest.write(chunk)) {
				request.resume();
			}
		};
		afterPendingReads(write);
	});
	// After an early response the rest of the upload is discarded, so that the client is not blocked.
	upstreamRequest.on('drain', () => request.resume()).once('close', () => request.resume());
}

function afterPendingReads(act: () => void): void {
	setImmediate(() => setImmediate(act));
}

function failureOf(error: unknown, upstreamRequest: ClientRequest): ServiceError {
	if (error instanceof ServiceError) {
		return error;
	}
	const { code = '', message } = error as NodeJS.ErrnoException;
	const wasReset = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'].includes(code);
	const Kind = upstreamRequest.reusedSocket && wasReset ? StaleConnectionError : ServiceError;
	const options = { cause: error };
	if (code === 'ECONNREFUSED') {
		return new Kind('refused', 'the service refused the connection', options);
	}
	if (code === 'ETIMEDOUT') {
		return new Kind('timeout', 'the service could not be reached in time', options);
	}
	if (code.startsWith('HPE_')) {
		return new Kind('malformed', `the answer of the service is not HTTP/1.1: ${code}`, options);
	}
	return wasReset
		? new Kind('reset', 'the service broke the connection', options)
		: new Kind('unreachable', `the service could not be reached: ${code || message}`, options);
}

/** RFC 9112, section 3.2.1: requests to origin servers omit scheme and authority. */
function originForm(target: string): string {
	const rest = target.replace(/^https?:\/\/[^/?#]*/i, '');
	return rest === target || rest.startsWith('/') ? rest || '/' : `/${rest}`;
}

/**
 * Forwards an interim response other than 100, since `Expect` was answered here. Pipelined responses that
 * wait for their turn get none.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-15.2 | RFC 9110, section 15.2}
 */
function forwardInterim(interim: InformationEvent, response: ServerResponse): void {
	const { statusCode, statusMessage, rawHeaders } = interim;
	if (statusCode !== 100 && response.req.httpVersion !== '1.0' && !response.headersSent) {
		response.socket?.write(rawHead(statusCode, statusMessage, rawHeaders), 'latin1');
	}
}

/** A response head in wire format. */
function rawHead(status: number, reason: string, fields: readonly string[]): string {
	let text = `HTTP/1.1 ${status} ${reason}\r\n`;
	for (let index = 0; index + 1 < fields.length; index += 2) {
		text += `${fields[index]}: ${fields[index + 1]}\r\n`;
	}
	return `${text}\r\n`;
}

/** Connects both sockets after an upgrade. The scenario no longer applies. */
export function connectTunnel(
	{ socket }: IncomingMessage,
	{ statusMessage = '', rawHeaders }: IncomingMessage,
	{ socket: service, head }: NonNullable<ServiceResponse['tunnel']>,
): void {
	socket.setTimeout(0);
	socket.write(rawHead(101, statusMessage, rawHeaders), 'latin1');
	socket.write(head);
	service.pipe(socket);
	socket.pipe(service);
	const end = () => {
		service.destroy();
		socket.destroy();
	};
	service.once('error', end).once('close', end);
	socket.once('error', end).once('close', end);
}
