import type { Socket } from 'node:net';
import type { Decision } from '../scenarios/decide.ts';
import { answerFile } from './answer-file.ts';
import { type Arrival, type Dress, dress } from './arrival.ts';
import { deliver } from './deliver.ts';
import { faultAnswer } from './fault-answer.ts';
import type { FlagFile } from './flag-file.ts';
import type { FlagFiles } from './flag-files.ts';
import { frame, PLAIN } from './framing.ts';
import type { Hop } from './hop.ts';
import { reply } from './reply.ts';

/** All that an answer depends on, besides the request itself. */
export interface AttemptContext {
	readonly file: FlagFile;
	readonly files: FlagFiles;
	readonly decision: Decision;
	readonly attempt: number;
	readonly hop: Hop | undefined;
	readonly seed: number;
	readonly dressed: Dress;
	readonly onStall: (socket: Socket) => void;
}

/** Answers an attempt as it was decided; its latency is over. */
export function answerAttempt(arrival: Arrival, context: AttemptContext): void {
	const { file, decision, dressed, onStall } = context;
	const { claim, pauses, bytesPerSecond } = decision;
	const { method, request, response, entry, connection } = arrival;
	const truth = answerFile(file, method, request.headers);
	const answer = claim === undefined ? truth : faultAnswer(claim, { ...context, answer: truth });
	const body = method === 'HEAD' ? undefined : answer.body;
	const framing = claim === undefined ? PLAIN : frame(claim.fault, body);

	// Only what is sent of the file itself is slowed down.
	const isOfFile = claim?.fault.type !== 'substitute' && answer.status === truth.status;
	const isPaced = isOfFile && (pauses.length > 0 || bytesPerSecond !== undefined);
	if (framing === PLAIN && !isPaced) {
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
	entry.outcome = framing.cut === undefined ? 'answered' : 'broken';
	void deliver({
		response,
		answer: { status, headers: { ...headers, ...extra }, ...(body && { body }) },
		framing,
		pauses: isPaced ? pauses : [],
		...(isPaced && bytesPerSecond !== undefined && { bytesPerSecond }),
		reused: connection.requests > 1,
		signal: left.signal,
		onBytes: (bytes) => {
			entry.bytes += bytes;
		},
		onStall,
	});
}

function recordOf(fields: readonly string[]): Record<string, string> {
	const record: Record<string, string> = {};
	for (let index = 0; index + 1 < fields.length; index += 2) {
		record[fields[index] ?? ''] = fields[index + 1] ?? '';
	}
	return record;
}
