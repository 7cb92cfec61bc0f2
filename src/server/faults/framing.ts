import { bodyOffset } from '../../scenarios/decide.ts';
import type { Fault, Malformation, Phase } from '../../scenarios/scenario.ts';
import { type Body, readBytes } from '../content/body.ts';

/** How the sending of a response deviates from the normal. */
export interface Framing {
	/** Overrides of the response fields: `undefined` removes one, a list sends a line for each value. */
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	/** Sends an interim 100 first, though the request has no `Expect`. */
	readonly isContinued?: boolean;
	/** The body has no length and ends with the connection. */
	readonly delimitedByClose?: boolean;
	/** Where the response ends early, and how. */
	readonly cut?: Cut;
	/** Written instead of the body, or of the whole response if that is cut before its headers. */
	readonly garbage?: string;
	/** Written after the end of the content. */
	readonly afterEnd?: string;
}

export interface Cut {
	readonly at: 'before-headers' | 'after-headers' | { readonly bytes: number };
	readonly by: 'reset' | 'close' | 'stall';
}

/** No deviation. */
export const PLAIN: Framing = { headers: {} };

const NOTHING = Buffer.alloc(0);

/** Larger than any client should accept: Node's limit is 16 KiB. */
const GIANT_HEADER_BYTES = 512 * 1024;

/** GIF's trailer. */
const END_MARKER = 0x3b;

/**
 * The framing that a fault imposes. Faults of the body do not affect a response without one.
 *
 * @param body - Absent for HEAD.
 */
export function frame(fault: Fault, body: Body = NOTHING): Framing {
	const sizeBytes = body.length;
	switch (fault.type) {
		case 'reset':
		case 'close':
		case 'stall':
			// An empty response is complete after its headers: nothing is left to cut.
			return sizeBytes === 0 && fault.at !== 'before-headers'
				? PLAIN
				: { headers: {}, cut: { at: cutPosition(fault.at, sizeBytes), by: fault.type } };
		case 'truncate':
			return sizeBytes === 0 ? PLAIN : truncated(fault, body);
		case 'malformed':
			return malformed(fault.what, body);
		case 'encoded':
			return fault.as === 'transfer' && sizeBytes > 0 ? transferCoded(fault.coding) : PLAIN;
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

/** RFC 9112, section 6.1: chunked is the final coding. */
function transferCoded(coding: string): Framing {
	return {
		headers: { 'content-length': undefined, 'transfer-encoding': `${coding}, chunked` },
	};
}

function truncated({ at, framing }: Fault & { type: 'truncate' }, body: Body): Framing {
	const cut: Cut = {
		at: { bytes: offsetBeforeEndMarker(body, bodyOffset(at, body.length)) },
		by: 'close',
	};
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
	// The rest of the stream is unusable, so the connection must not be reused.
	const closing = { connection: 'close' };
	switch (what) {
		case 'chunk':
			return {
				headers: { 'content-length': undefined, 'transfer-encoding': 'chunked', ...closing },
				garbage: 'this is no chunk\r\n',
			};
		case 'status-line':
			return { headers: {}, garbage: 'this is no status line\r\n\r\n', cut: BEFORE_HEADERS };
		case 'headers-too-large':
			return { headers: { 'x-padding': 'x'.repeat(GIANT_HEADER_BYTES), ...closing } };
		case 'content-length-too-small':
			return {
				headers: {
					'content-length': String(offsetBeforeEndMarker(body, body.length >> 1)),
					...closing,
				},
			};
		case 'content-length-too-large':
			return {
				headers: { 'content-length': String(body.length + 1000), ...closing },
				cut: { at: { bytes: body.length }, by: 'close' },
			};
		case 'content-length-twice':
			// A client may merge two equal lengths: RFC 9112, section 6.3.
			return {
				headers: {
					'content-length': [String(body.length), String(body.length + 1000)],
					...closing,
				},
			};
		case 'bytes-after-end':
			return {
				headers: closing,
				afterEnd: '<!-- more than was announced -->\n',
				cut: { at: { bytes: body.length }, by: 'close' },
			};
		case 'content-encoding':
			return PLAIN;
	}
}

const BEFORE_HEADERS: Cut = { at: 'before-headers', by: 'close' };

function cutPosition(at: Phase, sizeBytes: number): Cut['at'] {
	return typeof at === 'string' ? at : { bytes: bodyOffset(at, sizeBytes) };
}

/** Moves a cut before a GIF end marker, because the cut file would pass for a complete GIF. */
function offsetBeforeEndMarker(body: Body, bytes: number): number {
	if (readBytes(body, 0, 3).toString() !== 'GIF') {
		return bytes;
	}
	const start = Math.max(0, bytes - LOOK_BACK_BYTES);
	const before = readBytes(body, start, bytes);
	let offset = bytes;
	for (let last = offset - 1; last >= start; last -= 1) {
		// Clients tolerate zeros after the marker.
		if (before[last - start] === END_MARKER) {
			offset = last;
		} else if (before[last - start] !== 0) {
			break;
		}
	}
	return offset;
}

const LOOK_BACK_BYTES = 4096;
