import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { type Decision, stretchesOf } from '../../scenarios/decide.ts';
import type { Fault } from '../../scenarios/scenario.ts';
import { type Body, FileBody } from '../content/body.ts';
import type { ContentSource, ServedFile } from '../content/content-source.ts';
import { type BodyHold, HELD_BYTES_MIN } from '../faults/body-hold.ts';
import { deliver } from '../faults/deliver.ts';
import { faultAnswer } from '../faults/fault-response.ts';
import { frame, PLAIN } from '../faults/framing.ts';
import type { Hop } from '../faults/redirects.ts';
import { type Answer, type Arrival, type Dress, dress, reply } from '../response.ts';
import { answerFile } from './file-response.ts';

/** All that an answer depends on, besides the request itself. */
export interface AttemptContext {
	readonly file: ServedFile;
	readonly source: ContentSource;
	readonly decision: Decision;
	readonly attempt: number;
	readonly hop: Hop | undefined;
	readonly seed: number;
	readonly dressed: Dress;
	readonly hold: BodyHold | undefined;
	readonly onStall: (socket: Socket) => void;
}

/** Answers an attempt as it was decided; its latency is over. */
export function answerAttempt(arrival: Arrival, context: AttemptContext): void {
	const { claim } = context.decision;
	const { headers } = arrival.request;
	const asked = claim !== undefined && isOfWhole(claim.fault) ? withoutRange(headers) : headers;
	const truth = answerFile(context.file, arrival.method, asked);
	const answer = claim === undefined ? truth : faultAnswer(claim, { ...context, answer: truth });
	if (!(answer instanceof Promise)) {
		send(arrival, context, truth, answer);
		return;
	}
	answer.then(
		(made) => {
			if (!arrival.response.destroyed) {
				send(arrival, context, truth, made);
			}
		},
		// The file has gone since it was found.
		() => arrival.request.socket.destroy(),
	);
}

/**
 * Whether a fault makes a false answer of the whole file, as a server may that ignores `Range`. A false rest
 * would be told by the part that a client has already, and the outcome would depend on whether it has one.
 */
function isOfWhole(fault: Fault): boolean {
	return fault.type === 'truncate'
		? fault.framing === 'close-delimited'
		: OF_WHOLE.includes(fault.type);
}

const OF_WHOLE: readonly string[] = ['corrupt', 'malformed', 'substitute', 'encoded', 'trailing'];

function withoutRange({ range: _ignored, ...headers }: IncomingHttpHeaders): IncomingHttpHeaders {
	return headers;
}

function send(arrival: Arrival, context: AttemptContext, truth: Answer, answer: Answer): void {
	const { decision, dressed, onStall } = context;
	const { claim, pauses, bytesPerSecond, trickles } = decision;
	const { method, response, entry, connection } = arrival;
	const body = method === 'HEAD' ? undefined : answer.body;
	const framing = claim === undefined ? PLAIN : frame(claim.fault, body);

	// Only what is sent of the file itself is slowed down.
	const isReplaced =
		claim?.fault.type === 'substitute' ||
		claim?.fault.type === 'encoded' ||
		claim?.fault.type === 'trailing';
	const isOfFile = !isReplaced && answer.status === truth.status;
	const isPaced =
		isOfFile && (pauses.length > 0 || bytesPerSecond !== undefined || trickles !== undefined);
	const hold = isHeld(answer.status, body) ? holdOf(context) : undefined;
	if (framing === PLAIN && !isPaced && !(body instanceof FileBody) && hold === undefined) {
		reply(arrival, answer, dressed);
		return;
	}

	const left = new AbortController();
	response.once('close', () => {
		left.abort();
	});
	const { status, headers } = answer;
	const extra = recordOf(dress(arrival, status, dressed));
	if (framing.cut?.at === 'before-headers') {
		delete entry.status;
	}
	entry.outcome =
		framing.cut === undefined || framing.afterEnd !== undefined ? 'answered' : 'broken';
	deliver({
		response,
		answer: { status, headers: { ...headers, ...extra }, ...(body && { body }) },
		framing,
		pauses: isPaced ? pauses : [],
		stretches: isPaced ? stretchesOf(decision, context.file.body.length) : [],
		...(hold !== undefined && { hold }),
		reused: connection.requests > 1,
		signal: left.signal,
		onBytes: (bytes) => {
			entry.bytes += bytes;
		},
		onStall,
		// Its file has become shorter, or is gone: what was announced cannot be sent.
	}).catch(() => arrival.request.socket.destroy());
}

/** What refuses or redirects is no download. */
function isHeld(status: number, body: Body | undefined): boolean {
	return status < 300 && body !== undefined && body.length >= HELD_BYTES_MIN;
}

function holdOf({ hold }: AttemptContext): BodyHold | undefined {
	return hold?.isReleased === false ? hold : undefined;
}

function recordOf(fields: readonly string[]): Record<string, string> {
	const record: Record<string, string> = {};
	for (let index = 0; index + 1 < fields.length; index += 2) {
		record[fields[index] ?? ''] = fields[index + 1] ?? '';
	}
	return record;
}
