import type { IncomingHttpHeaders } from 'node:http';
import {
	type Claim,
	createDecide,
	type Decide,
	type Decision,
	stretchesOf,
} from '../../scenarios/decide.ts';
import type { Fault } from '../../scenarios/scenario.ts';
import { type Body, FileBody } from '../content/body.ts';
import type { ContentSource, ServedFile } from '../content/content-source.ts';
import { BEFORE_RESET_MS, deliver } from '../faults/deliver.ts';
import { type FaultedAttempt, faultAnswer } from '../faults/fault-response.ts';
import { frame, PLAIN } from '../faults/framing.ts';
import { type Hop, hopOf } from '../faults/redirects.ts';
import { type BodyHold, HELD_BYTES_MIN } from '../faults/write-body.ts';
import { type Answer, type Arrival, noteAnswer, reply } from '../response.ts';
import { answerFile } from './file-response.ts';
import { ScenarioRequests, type ScenarioRequestsOptions } from './scenario-requests.ts';

export interface FileRequestsOptions extends ScenarioRequestsOptions {
	readonly source: ContentSource;
	/** Breaks every connection, and listens to nothing for a while. */
	readonly restart: (downMs: number) => void;
	/** Stops bodies at their middle. */
	readonly hold: BodyHold | undefined;
}

/** An attempt on a file, and what was decided of it. */
interface Attempt extends FaultedAttempt {
	readonly decision: Decision;
}

/** Answers requests for the files of the scenario, truly or not. */
export class FileRequests extends ScenarioRequests<FileRequestsOptions> {
	readonly #decide: Decide;

	constructor(options: FileRequestsOptions) {
		super(options);
		this.#decide = createDecide(options.scenario, options.source.files);
	}

	handle(arrival: Arrival, file: ServedFile): void {
		const { entry } = arrival;
		if (this.refuses(arrival)) {
			return;
		}

		const hop = this.#hopOf(arrival, file.path);
		const attempt = hop?.attempt ?? this.attempts.next(entry.run, file.path);
		const decision = this.#decide(file.path, attempt);
		this.note(arrival, attempt, decision);
		if (hop !== undefined) {
			entry.hop = hop.hop;
		}

		const { fault } = decision.claim ?? {};
		if (fault?.type === 'keepalive-race' && this.#races(arrival, file, attempt)) {
			entry.outcome = 'broken';
			arrival.request.socket.destroy();
			return;
		}
		if (fault?.type === 'restart') {
			this.#restart(arrival, fault.downMs);
			return;
		}
		const { source, scenario } = this.options;
		this.afterLatency(arrival, decision, () => {
			this.#answer(arrival, { file, source, seed: scenario.seed, attempt, hop, decision });
		});
	}

	/** A hop that no redirect of ours leads to is a request like any other. */
	#hopOf({ query, request }: Arrival, path: string): Hop | undefined {
		const { cookie } = request.headers;
		if (query === '' && cookie === undefined) {
			return undefined;
		}
		for (const fault of ['redirect', 'cookie-wall'] as const) {
			const hop = hopOf(fault, { query, cookie });
			if (hop !== undefined && this.#decide(path, hop.attempt).claim?.fault.type === fault) {
				return hop;
			}
		}
		return undefined;
	}

	#races({ entry, connection }: Arrival, { path }: ServedFile, attempt: number): boolean {
		return connection.requests > 1 && this.attempts.race(entry.run, path, attempt);
	}

	/** The beginning of a status line says that the request was taken up, as for a reset. */
	#restart({ entry, connection, request }: Arrival, downMs: number): void {
		entry.outcome = 'broken';
		if (connection.requests > 1) {
			request.socket.write('HTTP/1.1');
		}
		setTimeout(() => this.options.restart(downMs), BEFORE_RESET_MS);
	}

	/** Answers an attempt as it was decided; its latency is over. */
	#answer(arrival: Arrival, attempt: Attempt): void {
		const { claim } = attempt.decision;
		const { headers } = arrival.request;
		const asked = claim !== undefined && isOfWhole(claim.fault) ? withoutRange(headers) : headers;
		const truth = answerFile(attempt.file, arrival.method, asked);
		const answer = claim === undefined ? truth : faultAnswer(claim, { ...attempt, answer: truth });
		if (!(answer instanceof Promise)) {
			this.#send(arrival, attempt, truth, answer);
			return;
		}
		answer.then(
			(made) => {
				if (!arrival.response.destroyed) {
					this.#send(arrival, attempt, truth, made);
				}
			},
			// The file has gone since it was found.
			() => arrival.request.socket.destroy(),
		);
	}

	#send(arrival: Arrival, { decision, file }: Attempt, truth: Answer, answer: Answer): void {
		const { claim, pauses, bytesPerSecond, trickles } = decision;
		const { entry } = arrival;
		const fault = this.revealed(claim);
		const body = arrival.method === 'HEAD' ? undefined : answer.body;
		const framing = claim === undefined ? PLAIN : frame(claim.fault, body);

		// Only what is sent of the file itself is slowed down.
		const isOfFile = !isReplaced(claim) && answer.status === truth.status;
		const isPaced =
			isOfFile && (pauses.length > 0 || bytesPerSecond !== undefined || trickles !== undefined);
		const hold = this.#holdFor(answer.status, body);
		if (framing === PLAIN && !isPaced && !(body instanceof FileBody) && hold === undefined) {
			reply(arrival, answer, fault);
			return;
		}

		const { status, headers } = answer;
		const noted = recordOf(noteAnswer(arrival, status, fault));
		if (framing.cut?.at === 'before-headers') {
			delete entry.status;
		}
		entry.outcome =
			framing.cut === undefined || framing.afterEnd !== undefined ? 'answered' : 'broken';
		deliver(arrival, {
			answer: { status, headers: { ...headers, ...noted }, ...(body && { body }) },
			framing,
			pauses: isPaced ? pauses : [],
			stretches: isPaced ? stretchesOf(decision, file.body.length) : [],
			hold,
			// Its file has become shorter, or is gone: what was announced cannot be sent.
		}).catch(() => arrival.request.socket.destroy());
	}

	/** What refuses or redirects is no download. */
	#holdFor(status: number, body: Body | undefined): BodyHold | undefined {
		const { hold } = this.options;
		const isHeld = status < 300 && body !== undefined && body.length >= HELD_BYTES_MIN;
		return isHeld && hold?.isReleased === false ? hold : undefined;
	}
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

/** Whether other content is sent than that of the file. */
function isReplaced(claim: Claim | undefined): boolean {
	return claim !== undefined && ['substitute', 'encoded', 'trailing'].includes(claim.fault.type);
}

function recordOf(fields: readonly string[]): Record<string, string> {
	const record: Record<string, string> = {};
	for (let index = 0; index + 1 < fields.length; index += 2) {
		record[fields[index] ?? ''] = fields[index + 1] ?? '';
	}
	return record;
}
