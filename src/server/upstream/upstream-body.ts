import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Decision, type Pause, type Stretch, stretchesOf } from '../../scenarios/decide.ts';
import { draw } from '../../scenarios/draw.ts';
import type { Fault } from '../../scenarios/scenario.ts';
import { corruptBytes } from '../faults/corrupt-bytes.ts';
import { breakOff, socketOf } from '../faults/deliver.ts';
import { writeBody } from '../faults/write-body.ts';
import { type Arrival, goneSignal } from '../response.ts';
import { ServiceError } from './service.ts';

export interface BodyFaults {
	readonly decision: Decision;
	/** What the dice are rolled for. */
	readonly dice: { readonly seed: number; readonly path: string; readonly attempt: number };
}

/** Bytes are changed among so many of the first: a stream has no known end. */
const CORRUPTIBLE_BYTES = 64 * 1024;

/** Whether a body takes longer than the service and the client make it take. */
export function changesPace({ pauses, bytesPerSecond, trickles = [] }: Decision): boolean {
	return pauses.length > 0 || trickles.length > 0 || bytesPerSecond !== undefined;
}

/** A client of a stream waits for the head. Node's `flushHeaders` would send bytes above 127 as UTF-8. */
export function flushHead(response: ServerResponse): void {
	response.write('', 'latin1');
}

/**
 * Hands a body on as it comes: what most answers need, and a fifth of the work of `passBody`.
 *
 * @throws When the service breaks it off.
 */
export async function passWhole(
	incoming: IncomingMessage,
	{ response, entry }: Pick<Arrival, 'response' | 'entry'>,
): Promise<void> {
	if (incoming.complete) {
		// It came with its head, and goes with it in one piece.
		const content = (incoming.read() as Buffer | null) ?? LAST;
		incoming.resume();
		assertNoTrailers(incoming);
		entry.bytes = content.length;
		response.end(content);
		return;
	}
	if (incoming.readableLength === 0) {
		flushHead(response);
	}
	await new Promise((resolve, reject) => {
		incoming.on('data', (chunk: Buffer) => {
			entry.bytes += chunk.length;
			if (!response.write(chunk)) {
				incoming.pause();
			}
		});
		response.on('drain', () => incoming.resume());
		incoming.once('end', resolve).once('error', reject);
	});
	assertNoTrailers(incoming);
	response.end();
}

function assertNoTrailers({ rawTrailers }: IncomingMessage): void {
	if (rawTrailers.length > 0) {
		throw new ServiceError('not-handed-on', 'trailers are not handed on');
	}
}

/**
 * Hands a body on as it comes, slowly, changed or cut where a rule says so.
 *
 * @returns Whether it was handed on to its end.
 * @throws When the service breaks it off.
 */
export async function passBody(
	incoming: IncomingMessage,
	arrival: Arrival,
	faults: BodyFaults,
): Promise<boolean> {
	const { decision } = faults;
	const place = cutPlace(decision);
	// The last byte is kept back: an answer that arrived whole is no fault.
	const chunks = place === undefined ? changed(incoming, faults) : lastByteApart(incoming);
	let passed = 0;
	for await (const chunk of chunks) {
		const isLast = chunk === LAST;
		const part = place === undefined || isLast ? chunk : chunk.subarray(0, place - passed);
		if (!isLast) {
			await writeBody(arrival, part, pacing(decision, passed, part.length));
		}
		passed += part.length;
		if (goneSignal(arrival).aborted) {
			return false;
		}
		if (place !== undefined && (isLast || passed >= place)) {
			await cut(arrival, decision);
			return false;
		}
	}
	assertNoTrailers(incoming);
	arrival.response.end();
	return true;
}

/** Stands for the last byte of a body that is to be cut. */
const LAST = Buffer.alloc(0);

async function* lastByteApart(incoming: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
	let kept = LAST;
	for await (const chunk of incoming) {
		const known = Buffer.concat([kept, chunk]);
		kept = known.subarray(-1);
		if (known.length > 1) {
			yield known.subarray(0, -1);
		}
	}
	if (kept.length > 0) {
		yield LAST;
	}
}

/** Where a body ends early; `undefined`: it does not. */
function cutPlace({ claim }: Decision): number | undefined {
	const fault = claim?.fault;
	return fault !== undefined && 'at' in fault && typeof fault.at === 'object' && 'bytes' in fault.at
		? fault.at.bytes
		: undefined;
}

async function* changed(
	incoming: AsyncIterable<Buffer>,
	{ decision, dice }: BodyFaults,
): AsyncGenerator<Buffer> {
	const { claim } = decision;
	if (claim?.fault.type !== 'corrupt') {
		yield* incoming;
		return;
	}
	const { count } = claim.fault;
	const roll = (index: number) => draw({ ...dice, rule: claim.rule, dimension: `byte ${index}` });
	let held: Buffer[] | undefined = [];
	let bytes = 0;
	for await (const chunk of incoming) {
		if (held === undefined) {
			yield chunk;
			continue;
		}
		held.push(chunk);
		bytes += chunk.length;
		if (bytes >= CORRUPTIBLE_BYTES) {
			yield corruptBytes(Buffer.concat(held), count, roll) as Buffer;
			held = undefined;
		}
	}
	if (held !== undefined && bytes > 0) {
		yield corruptBytes(Buffer.concat(held), count, roll) as Buffer;
	}
}

/** The pauses and speeds of the part of a body that begins at `start`. */
function pacing(
	decision: Decision,
	start: number,
	length: number,
): { pauses: Pause[]; stretches: Stretch[] } {
	return {
		pauses: decision.pauses
			.map(({ at, ms }) => ({ at: { bytes: bytesOf(at) - start }, ms }))
			.filter(({ at: { bytes } }) => bytes >= 0 && bytes < length),
		// The length is not needed: places are in bytes.
		stretches: stretchesOf(decision, Number.POSITIVE_INFINITY).map(({ from, ...speed }) => ({
			from: Math.min(Math.max(0, from - start), length),
			...speed,
		})),
	};
}

function bytesOf(at: Pause['at']): number {
	return typeof at === 'object' && 'bytes' in at ? at.bytes : 0;
}

/** Ends the connection of an answer that has begun. */
export async function cut(arrival: Arrival, { claim }: Decision): Promise<void> {
	const fault = claim?.fault;
	const socket = await socketOf(arrival);
	if (socket === undefined) {
		return;
	}
	arrival.response.flushHeaders();
	if (fault?.type === 'truncate' && fault.framing === 'close-delimited') {
		arrival.response.end();
		return;
	}
	await breakOff(arrival, socket, endingOf(fault));
}

export function endingOf(fault: Fault | undefined): 'stall' | 'reset' | 'close' {
	return fault?.type === 'stall' || fault?.type === 'reset' ? fault.type : 'close';
}
