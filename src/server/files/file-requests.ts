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
import { type FaultedAttempt, faultResponse } from '../faults/fault-response.ts';
import { frame, PLAIN } from '../faults/framing.ts';
import { type Hop, hopOf } from '../faults/redirects.ts';
import { type BodyHold, MIN_HELD_BYTES } from '../faults/write-body.ts';
import { type Arrival, type PreparedResponse, recordResponse, reply } from '../response.ts';
import { fileResponse } from './file-response.ts';
import { ScenarioRequests, type ScenarioRequestsOptions } from './scenario-requests.ts';

export interface FileRequestsOptions extends ScenarioRequestsOptions {
	readonly source: ContentSource;
	/** Breaks every connection, and stops listening for `downMs`. */
	readonly restart: (downMs: number) => void;
	/** Stops bodies halfway. */
	readonly hold: BodyHold | undefined;
}

/** An attempt on a file with its decision. */
interface Attempt extends FaultedAttempt {
	readonly decision: Decision;
}

/** Answers requests for files, truthfully or with the fault of the scenario. */
export class FileRequests extends ScenarioRequests<FileRequestsOptions> {
	readonly #decide: Decide;

	constructor(options: FileRequestsOptions) {
		super(options);
		this.#decide = createDecide(options.scenario, options.source.files);
	}

	handle(arrival: Arrival, file: ServedFile): void {
		const { entry } = arrival;
		if (this.refuseOverLimit(arrival)) {
			return;
		}

		const hop = this.#hopOf(arrival, file.path);
		const attempt = hop?.attempt ?? this.attempts.next(entry.run, file.path);
		const decision = this.#decide(file.path, attempt);
		this.recordDecision(arrival, attempt, decision);
		if (hop !== undefined) {
			entry.hop = hop.hop;
		}

		const { fault } = decision.claim ?? {};
		if (fault?.type === 'keepalive-race' && this.#isRaced(arrival, file, attempt)) {
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

	/** Ignores hops that do not match a redirect of this server. */
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

	#isRaced({ entry }: Arrival, { path }: ServedFile, attempt: number): boolean {
		return entry.requestOnConnection > 1 && this.attempts.race(entry.run, path, attempt);
	}

	/** The start of a status line shows that the request was being processed, as in `breakUnanswered`. */
	#restart({ entry, request }: Arrival, downMs: number): void {
		entry.outcome = 'broken';
		if (entry.requestOnConnection > 1) {
			request.socket.write('HTTP/1.1');
		}
		setTimeout(() => this.options.restart(downMs), BEFORE_RESET_MS);
	}

	/** Answers an attempt after its latency. */
	#answer(arrival: Arrival, attempt: Attempt): void {
		const { claim } = attempt.decision;
		const { headers } = arrival.request;
		const effectiveHeaders =
			claim !== undefined && ignoresRange(claim.fault) ? withoutRange(headers) : headers;
		const truth = fileResponse(attempt.file, arrival.method, effectiveHeaders);
		const answer =
			claim === undefined ? truth : faultResponse(claim, { ...attempt, answer: truth });
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
			// The file was removed meanwhile.
			() => arrival.request.socket.destroy(),
		);
	}

	#send(
		arrival: Arrival,
		{ decision, file }: Attempt,
		truth: PreparedResponse,
		answer: PreparedResponse,
	): void {
		const { claim, pauses, bytesPerSecond, trickles } = decision;
		const { entry } = arrival;
		const fault = this.revealed(claim);
		const body = arrival.method === 'HEAD' ? undefined : answer.body;
		const framing = claim === undefined ? PLAIN : frame(claim.fault, body);

		// Only content of the file itself is slowed down.
		const isFileContent = !replacesContent(claim) && answer.status === truth.status;
		const isPaced =
			isFileContent &&
			(pauses.length > 0 || bytesPerSecond !== undefined || trickles !== undefined);
		const hold = this.#holdFor(answer.status, body);
		if (framing === PLAIN && !isPaced && !(body instanceof FileBody) && hold === undefined) {
			reply(arrival, answer, fault);
			return;
		}

		const { status, headers } = answer;
		const noted = recordOf(recordResponse(arrival, status, fault));
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
			// The file was truncated or removed: the announced length cannot be sent.
		}).catch(() => arrival.request.socket.destroy());
	}

	/** Refusals and redirects are not held. */
	#holdFor(status: number, body: Body | undefined): BodyHold | undefined {
		const { hold } = this.options;
		const isHeld = status < 300 && body !== undefined && body.length >= MIN_HELD_BYTES;
		return isHeld && hold?.isReleased === false ? hold : undefined;
	}
}

/**
 * Whether a fault always sends the whole file, as a server may that ignores `Range`. A client could detect a
 * false remainder by the part it already has, so the outcome would depend on whether it has one.
 */
function ignoresRange(fault: Fault): boolean {
	return fault.type === 'truncate'
		? fault.framing === 'close-delimited'
		: IGNORES_RANGE.includes(fault.type);
}

const IGNORES_RANGE: readonly string[] = [
	'corrupt',
	'malformed',
	'substitute',
	'encoded',
	'trailing',
];

function withoutRange({ range: _ignored, ...headers }: IncomingHttpHeaders): IncomingHttpHeaders {
	return headers;
}

/** Whether a fault replaces the content of the file. */
function replacesContent(claim: Claim | undefined): boolean {
	return claim !== undefined && ['substitute', 'encoded', 'trailing'].includes(claim.fault.type);
}

function recordOf(fields: readonly string[]): Record<string, string> {
	const record: Record<string, string> = {};
	for (let index = 0; index + 1 < fields.length; index += 2) {
		record[fields[index] ?? ''] = fields[index + 1] ?? '';
	}
	return record;
}
