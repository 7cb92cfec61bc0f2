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

/** How the service failed; none of it is a fault of ours. */
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

/** A `Duplex` where the service has changed the protocol. */
export interface ServiceAnswer {
	readonly incoming: IncomingMessage;
	readonly tunnel?: { readonly socket: Duplex; readonly head: Buffer };
}

/** May be sent again where a kept connection turns out to have ended. */
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** The real service, and the connections to it. */
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
	 * @param response - Its end ends what was asked of the service.
	 * @throws {ServiceError}
	 */
	async ask(request: IncomingMessage, response: ServerResponse): Promise<ServiceAnswer> {
		const { method = 'GET' } = request;
		const isRepeatable = REPEATABLE.has(method) && !hasBody(request) && !isUpgrade(request);
		if (!isRepeatable) {
			// On a connection of its own it cannot meet the end of a kept one.
			return await this.#send(request, response, false);
		}
		try {
			return await this.#send(request, response, this.#agent);
		} catch (error) {
			if (error instanceof KeptConnectionEnded && !response.destroyed) {
				return await this.#send(request, response, false);
			}
			throw error;
		}
	}

	async #send(
		request: IncomingMessage,
		response: ServerResponse,
		agent: HttpAgent | false,
	): Promise<ServiceAnswer> {
		const { protocol, hostname, port, host } = this.#url;
		const send = protocol === 'https:' ? httpsRequest : httpRequest;
		const sent = send({
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
		// Cheaper than a signal, which makes an exception of each end. After the whole answer it has no effect.
		response.once('close', () => sent.destroy());
		return await new Promise((resolve, reject) => {
			const fail = (error: unknown) => reject(failureOf(error, sent));
			sent.once('error', fail);
			// One that comes later has been told by the body.
			sent.on('error', () => {});
			sent.once('timeout', () => {
				const seconds = this.#timeoutMs / 1000;
				sent.destroy(new ServiceError('timeout', `the service said nothing for ${seconds} s`));
			});
			sent.on('information', (interim) => passInterim(interim, response));
			sent.once('response', (incoming) => {
				// From here on it is we who may be slow to read.
				sent.setTimeout(0);
				resolve({ incoming });
			});
			sent.once('upgrade', (incoming, socket, head) => {
				socket.setTimeout(0);
				resolve({ incoming, tunnel: { socket, head } });
			});
			if (isUpgrade(request)) {
				sent.end();
			} else {
				sendBody(request, sent);
			}
		});
	}

	close(): void {
		this.#agent.destroy();
	}
}

class KeptConnectionEnded extends ServiceError {}

function hasBody({ headers }: IncomingMessage): boolean {
	return headers['content-length'] !== undefined || 'transfer-encoding' in headers;
}

/**
 * Each piece is written right after a look at what has arrived, two turns of the event loop later: a service
 * that refuses an upload and closes has answered before a write fails.
 */
function sendBody(request: IncomingMessage, sent: ClientRequest): void {
	const end = () => {
		if (request.rawTrailers.length > 0) {
			sent.destroy(new ServiceError('not-handed-on', 'trailers are not handed on'));
		} else {
			sent.end();
		}
	};
	if (request.readableEnded) {
		end();
		return;
	}
	if (hasBody(request)) {
		// A service may answer by the head alone.
		sent.flushHeaders();
	}
	request.once('end', end);
	request.on('data', (chunk: Buffer) => {
		request.pause();
		const write = () => {
			if (sent.destroyed || sent.write(chunk)) {
				request.resume();
			}
		};
		setImmediate(() => setImmediate(write));
	});
	// What an early answer leaves of an upload goes nowhere, and the client is not kept waiting.
	sent.on('drain', () => request.resume()).once('close', () => request.resume());
}

function failureOf(error: unknown, sent: ClientRequest): ServiceError {
	if (error instanceof ServiceError) {
		return error;
	}
	const { code = '', message } = error as NodeJS.ErrnoException;
	const wasReset = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'].includes(code);
	const Kind = sent.reusedSocket && wasReset ? KeptConnectionEnded : ServiceError;
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
		: new Kind('unreachable', `the service could not be asked: ${code || message}`, options);
}

/** RFC 9112, section 3.2.1: servers are asked without scheme and authority. */
function originForm(target: string): string {
	const rest = target.replace(/^https?:\/\/[^/?#]*/i, '');
	return rest === target || rest.startsWith('/') ? rest || '/' : `/${rest}`;
}

/**
 * Hands an interim answer on, but for 100: `Expect` has been answered here. What waits for its turn on a
 * connection goes without.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-15.2 | RFC 9110, section 15.2}
 */
function passInterim(interim: InformationEvent, response: ServerResponse): void {
	const { statusCode, statusMessage, rawHeaders } = interim;
	if (statusCode !== 100 && response.req.httpVersion !== '1.0' && !response.headersSent) {
		response.socket?.write(rawHead(statusCode, statusMessage, rawHeaders), 'latin1');
	}
}

/** As it goes over the wire. */
function rawHead(status: number, reason: string, fields: readonly string[]): string {
	let text = `HTTP/1.1 ${status} ${reason}\r\n`;
	for (let index = 0; index + 1 < fields.length; index += 2) {
		text += `${fields[index]}: ${fields[index + 1]}\r\n`;
	}
	return `${text}\r\n`;
}

/** From here on it is another protocol, and no scenario touches it. */
export function connectTunnel(
	{ socket }: IncomingMessage,
	{ statusMessage = '', rawHeaders }: IncomingMessage,
	{ socket: service, head }: NonNullable<ServiceAnswer['tunnel']>,
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
