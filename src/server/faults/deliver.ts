import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { resetConnection } from '../connections.ts';
import { type Arrival, disconnectSignal, type PreparedResponse } from '../response.ts';
import { processPendingIo, waitUntil } from '../timer.ts';
import type { Cut, Framing } from './framing.ts';
import { type Pace, writeBody } from './write-body.ts';

export interface Delivery extends Pace {
	/** Without a body for HEAD. */
	readonly answer: PreparedResponse;
	readonly framing: Framing;
}

/** Sends a response with the framing of its fault, at the pace that rules and limits set. */
export async function deliver(arrival: Arrival, delivery: Delivery): Promise<void> {
	const { response } = arrival;
	const { answer, framing } = delivery;
	const { cut, garbage } = framing;
	if (cut?.at === 'before-headers') {
		await breakUnanswered(arrival, cut.by, garbage);
		return;
	}
	const socket = await socketOf(arrival);
	if (socket === undefined) {
		return;
	}

	// RFC 9110, section 15.2: HTTP/1.0 has no interim responses.
	if (framing.isContinued === true && response.req.httpVersion !== '1.0') {
		response.writeContinue();
	}
	sendHead(response, answer, framing);
	if (garbage !== undefined || cut?.at === 'after-headers') {
		response.flushHeaders();
		if (garbage !== undefined) {
			socket.write(garbage);
		}
		await breakOff(arrival, socket, cut?.by ?? 'close');
		return;
	}

	const body = answer.body?.subarray(0, cut?.at.bytes);
	if (body !== undefined) {
		await writeBody(arrival, body, delivery);
	}
	if (disconnectSignal(arrival).aborted) {
		return;
	}
	if (framing.afterEnd !== undefined) {
		response.flushHeaders();
		socket.write(framing.afterEnd);
	}
	if (cut === undefined || framing.delimitedByClose === true) {
		response.end();
		return;
	}
	response.flushHeaders();
	await breakOff(arrival, socket, cut.by);
}

function sendHead(response: ServerResponse, answer: PreparedResponse, framing: Framing): void {
	const headers: Record<string, string | string[]> = { ...answer.headers };
	for (const [name, value] of Object.entries(framing.headers)) {
		if (value === undefined) {
			delete headers[name];
		} else {
			headers[name] = value;
		}
	}
	if (framing.delimitedByClose === true) {
		response.shouldKeepAlive = false;
		response.useChunkedEncodingByDefault = false;
	}
	response.writeHead(answer.status, headers);
}

/**
 * Ends a connection without a response. On a reused connection, a client takes "closed before the first
 * byte" for a keep-alive race and repeats the request without counting a retry. The start of a status
 * line shows that this request was being processed.
 */
export async function breakUnanswered(
	arrival: Arrival,
	by: Cut['by'],
	first = arrival.entry.requestOnConnection > 1 && by !== 'stall' ? 'HTTP/1.1' : '',
): Promise<void> {
	const socket = await socketOf(arrival);
	if (socket !== undefined) {
		if (first !== '') {
			socket.write(first);
		}
		await breakOff(arrival, socket, by, first !== '');
	}
}

export async function breakOff(
	arrival: Arrival,
	socket: Socket,
	by: Cut['by'],
	afterBytes = true,
): Promise<void> {
	if (by === 'stall') {
		arrival.connection.stall();
		return;
	}
	if (afterBytes) {
		if (by === 'reset') {
			await waitUntil(performance.now() + BEFORE_RESET_MS, disconnectSignal(arrival));
		}
		// With Node 26, chunks reach the socket in a later turn; a client in this process may read only after the timer.
		await processPendingIo();
	}
	if (by === 'close') {
		socket.destroySoon();
	} else {
		resetConnection(socket);
	}
}

/**
 * Delay between the last bytes and a reset. A reset discards what is still buffered, and if both
 * arrive at once, libuv reports an ordinary end.
 */
export const BEFORE_RESET_MS = 10;

/**
 * Waits until a pipelined response is assigned its socket, which happens after those before it.
 *
 * @returns `undefined` if the client disconnects first.
 */
export async function socketOf(arrival: Arrival): Promise<Socket | undefined> {
	const { response } = arrival;
	if (response.socket !== null) {
		return response.socket;
	}
	try {
		const [socket] = (await once(response, 'socket', { signal: disconnectSignal(arrival) })) as [
			Socket,
		];
		return socket;
	} catch {
		return undefined;
	}
}
