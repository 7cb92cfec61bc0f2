import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Pause, Stretch } from '../../scenarios/decide.ts';
import { resetConnection } from '../connections.ts';
import type { Answer } from '../response.ts';
import { takeArrived, waitUntil } from '../timer.ts';
import type { BodyHold } from './body-hold.ts';
import type { Cut, Framing } from './framing.ts';
import { writeBody } from './write-body.ts';

export interface Delivery {
	readonly response: ServerResponse;
	/** As it is to be sent: HEAD has no body. */
	readonly answer: Answer;
	readonly framing: Framing;
	readonly pauses: readonly Pause[];
	readonly stretches: readonly Stretch[];
	readonly hold?: BodyHold;
	/** Whether the connection has served a request before. */
	readonly reused: boolean;
	/** Aborted when the client leaves. */
	readonly signal: AbortSignal;
	/** Bytes of the body handed to the connection. */
	readonly onBytes: (bytes: number) => void;
	/** The connection is left to the client's patience. */
	readonly onStall: (socket: Socket) => void;
}

/** Sends an answer in the way that a fault wants it sent, slowly where a rule or limit says so. */
export async function deliver(delivery: Delivery): Promise<void> {
	const { response, answer, framing, signal } = delivery;
	const { cut, garbage } = framing;
	const socket = response.socket ?? (await socketOf(response, signal));
	if (socket === undefined) {
		return;
	}

	if (cut?.at === 'before-headers') {
		await breakUnanswered(delivery, socket, cut.by, garbage);
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
		await breakOff(delivery, socket, cut?.by ?? 'close', true);
		return;
	}

	const body = answer.body?.subarray(0, cut?.at.bytes);
	if (body !== undefined) {
		await writeBody(body, delivery);
	}
	if (signal.aborted) {
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
	await breakOff(delivery, socket, cut.by, true);
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

/** What is needed to end a connection. */
type Breaking = Pick<Delivery, 'reused' | 'signal' | 'onStall'>;

/**
 * Ends a connection instead of an answer. On one that has been used before, a client takes "closed before
 * a single byte" for a keep-alive race and repeats its request for free. The beginning of a status line
 * says that this request has been taken up.
 */
export async function breakUnanswered(
	breaking: Breaking,
	socket: Socket,
	by: Cut['by'],
	first = breaking.reused && by !== 'stall' ? 'HTTP/1.1' : '',
): Promise<void> {
	if (first !== '') {
		socket.write(first);
	}
	await breakOff(breaking, socket, by, first !== '');
}

export async function breakOff(
	{ onStall, signal }: Omit<Breaking, 'reused'>,
	socket: Socket,
	by: Cut['by'],
	afterBytes: boolean,
): Promise<void> {
	if (by === 'stall') {
		onStall(socket);
	} else if (by === 'close') {
		socket.destroySoon();
	} else {
		if (afterBytes) {
			await waitUntil(performance.now() + BEFORE_RESET_MS, signal);
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

/** A pipelined request has no connection until those before it are answered. */
export async function socketOf(
	response: ServerResponse,
	signal: AbortSignal,
): Promise<Socket | undefined> {
	try {
		const [socket] = (await once(response, 'socket', { signal })) as [Socket];
		return socket;
	} catch {
		return undefined;
	}
}
