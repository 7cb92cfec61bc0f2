import { bodyOffset } from '../../scenarios/decide.ts';
import type { Fault, Malformation, Phase } from '../../scenarios/scenario.ts';
import { type Body, readBytes } from '../content/body.ts';

/** How an answer is sent, where that is not simply "as it is". */
export interface Framing {
	/** Fields other than those of the answer; `undefined` takes one away, a list is a line for each value. */
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	/** An interim 100 comes first, though the request has no `Expect`. */
	readonly isContinued?: boolean;
	/** The end of the connection is the end of the body, without a length. */
	readonly delimitedByClose?: boolean;
	/** What ends it early, and where; absent: nothing does. */
	readonly cut?: Cut;
	/** Written instead of the body, after the headers. */
	readonly garbage?: string;
	/** Written after the end of the content. */
	readonly afterEnd?: string;
}

export interface Cut {
	readonly at: 'before-headers' | 'after-headers' | { readonly bytes: number };
	readonly by: 'reset' | 'close' | 'stall';
}

/** As it is. */
export const PLAIN: Framing = { headers: {} };

const NOTHING = Buffer.alloc(0);

/** Larger than any client should take: Node's own limit is 16 KiB. */
const GIANT_HEADER_BYTES = 512 * 1024;

/** GIF's trailer. */
const END_MARKER = 0x3b;

/**
 * What a fault does to the way an answer is sent. Faults of the body leave an answer without body alone.
 *
 * @param body - What is to be sent: nothing for HEAD.
 */
export function frame(fault: Fault, body: Body = NOTHING): Framing {
	const sizeBytes = body.length;
	switch (fault.type) {
		case 'reset':
		case 'close':
		case 'stall':
			// Nothing follows the headers of an empty answer: it has arrived, and nothing can be cut.
			return sizeBytes === 0 && fault.at !== 'before-headers'
				? PLAIN
				: { headers: {}, cut: { at: cutPlace(fault.at, sizeBytes), by: fault.type } };
		case 'truncate':
			return sizeBytes === 0 ? PLAIN : truncated(fault, body);
		case 'malformed':
			return malformed(fault.what, body);
		case 'encoded':
			return fault.as === 'transfer' && sizeBytes > 0 ? sentAs(fault.coding) : PLAIN;
		case 'continue':
			return { headers: {}, isContinued: true };
		case 'status':
		case 'corrupt':
		case 'substitute':
		case 'redirect':
		case 'cookie-wall':
		case 'range':
		case 'trailing':
		case 'restart':
		case 'keepalive-race':
			return PLAIN;
	}
}

/** RFC 9112, section 6.1: chunked is the last coding. */
function sentAs(coding: string): Framing {
	return {
		headers: { 'content-length': undefined, 'transfer-encoding': `${coding}, chunked` },
	};
}

function truncated({ at, framing }: Fault & { type: 'truncate' }, body: Body): Framing {
	const cut: Cut = { at: { bytes: mutePlace(body, bodyOffset(at, body.length)) }, by: 'close' };
	if (framing === 'content-length') {
		return { headers: {}, cut };
	}
	const withoutLength = { 'content-length': undefined };
	if (framing === 'chunked') {
		return { headers: withoutLength, cut };
	}
	return { headers: withoutLength, delimitedByClose: true, cut };
}

function malformed(what: Malformation, body: Body): Framing {
	if (body.length === 0 && what !== 'status-line' && what !== 'headers-too-large') {
		return PLAIN;
	}
	// What follows on such a connection is unusable: no client should reuse it.
	const last = { connection: 'close' };
	switch (what) {
		case 'chunk':
			return {
				headers: { 'content-length': undefined, 'transfer-encoding': 'chunked', ...last },
				garbage: 'this is no chunk\r\n',
			};
		case 'status-line':
			return { headers: {}, garbage: 'this is no status line\r\n\r\n', cut: BEFORE_HEADERS };
		case 'headers-too-large':
			return { headers: { 'x-padding': 'x'.repeat(GIANT_HEADER_BYTES), ...last } };
		case 'content-length-too-small':
			return {
				headers: { 'content-length': String(mutePlace(body, body.length >> 1)), ...last },
			};
		case 'content-length-too-large':
			return {
				headers: { 'content-length': String(body.length + 1000), ...last },
				cut: { at: { bytes: body.length }, by: 'close' },
			};
		case 'content-length-twice':
			// Two equal ones may be taken for one: RFC 9112, section 6.3.
			return {
				headers: { 'content-length': [String(body.length), String(body.length + 1000)], ...last },
			};
		case 'bytes-after-end':
			return {
				headers: last,
				afterEnd: '<!-- more than was announced -->\n',
				cut: { at: { bytes: body.length }, by: 'close' },
			};
		case 'content-encoding':
			return PLAIN;
	}
}

const BEFORE_HEADERS: Cut = { at: 'before-headers', by: 'close' };

function cutPlace(at: Phase, sizeBytes: number): Cut['at'] {
	return typeof at === 'string' ? at : { bytes: bodyOffset(at, sizeBytes) };
}

/** A cut that happens to end in the end marker of a GIF would pass for a whole one. */
function mutePlace(body: Body, bytes: number): number {
	if (readBytes(body, 0, 3).toString() !== 'GIF') {
		return bytes;
	}
	const start = Math.max(0, bytes - LOOK_BACK_BYTES);
	const before = readBytes(body, start, bytes);
	let place = bytes;
	for (let last = place - 1; last >= start; last -= 1) {
		// Clients allow for zeros behind the marker.
		if (before[last - start] === END_MARKER) {
			place = last;
		} else if (before[last - start] !== 0) {
			break;
		}
	}
	return place;
}

const LOOK_BACK_BYTES = 4096;
