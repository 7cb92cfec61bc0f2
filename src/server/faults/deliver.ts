import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { resetConnection } from '../connections.ts';
import { type Answer, type Arrival, goneSignal } from '../response.ts';
import { takeArrived, waitUntil } from '../timer.ts';
import type { Cut, Framing } from './framing.ts';
import { type Pace, writeBody } from './write-body.ts';

export interface Delivery extends Pace {
	/** As it is to be sent: HEAD has no body. */
	readonly answer: Answer;
	readonly framing: Framing;
}

/** Sends an answer in the way that a fault wants it sent, slowly where a rule or limit says so. */
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

	// RFC 9110, section 15.2: HTTP/1.0 knows no interim responses.
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
	if (goneSignal(arrival).aborted) {
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

function sendHead(response: ServerResponse, answer: Answer, framing: Framing): void {
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
 * Ends a connection instead of an answer. On one that has been used before, a client takes "closed before
 * a single byte" for a keep-alive race and repeats its request for free. The beginning of a status line
 * says that this request has been taken up.
 */
export async function breakUnanswered(
	arrival: Arrival,
	by: Cut['by'],
	first = arrival.connection.requests > 1 && by !== 'stall' ? 'HTTP/1.1' : '',
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
	} else if (by === 'close') {
		socket.destroySoon();
	} else {
		if (afterBytes) {
			await waitUntil(performance.now() + BEFORE_RESET_MS, goneSignal(arrival));
			// A client in this process, such as that of a test, may be due to read only after the timer.
			await takeArrived();
		}
		resetConnection(socket);
	}
}

/**
 * Between the last bytes and a reset. A reset overtakes what is still in the buffers, and where both
 * arrive at once, libuv tells its user of an ordinary end.
 */
export const BEFORE_RESET_MS = 10;

/**
 * A pipelined request has no connection until those before it are answered.
 *
 * @returns `undefined` if the client leaves before.
 */
export async function socketOf(arrival: Arrival): Promise<Socket | undefined> {
	const { response } = arrival;
	if (response.socket !== null) {
		return response.socket;
	}
	try {
		const [socket] = (await once(response, 'socket', { signal: goneSignal(arrival) })) as [Socket];
		return socket;
	} catch {
		return undefined;
	}
}
