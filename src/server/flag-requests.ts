import { createDecide, type Decide, type Decision } from '../scenarios/decide.ts';
import { flagCodes } from '../scenarios/flag-codes.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Answer } from './answer.ts';
import { answerFile } from './answer-file.ts';
import { type Arrival, type Dress, dress } from './arrival.ts';
import { AttemptCounter } from './attempt-counter.ts';
import type { Connections } from './connections.ts';
import { deliver } from './deliver.ts';
import { faultAnswer } from './fault-answer.ts';
import type { FlagFile, FlagFiles } from './flag-files.ts';
import { type Framing, frame, PLAIN } from './framing.ts';
import { Gatekeeper } from './gatekeeper.ts';
import { type Hop, parseHop } from './hop.ts';
import { reply } from './reply.ts';
import { callAt } from './timer.ts';

export interface FlagRequestsOptions {
	readonly scenario: Scenario;
	readonly files: FlagFiles;
	readonly connections: Connections;
	/** Whether answers name the rule that made them false. */
	readonly revealFaults: boolean;
	readonly isClosing: () => boolean;
}

/** Answers requests for the files of the scenario, truly or not. */
export class FlagRequests {
	readonly #options: FlagRequestsOptions;
	readonly #decide: Decide;
	readonly #attempts = new AttemptCounter();
	readonly #gatekeeper: Gatekeeper;

	constructor(options: FlagRequestsOptions) {
		this.#options = options;
		this.#decide = createDecide(options.scenario, flagCodes());
		this.#gatekeeper = new Gatekeeper(options.scenario.limits);
	}

	reset(): void {
		this.#attempts.reset();
		this.#gatekeeper.reset();
	}

	handle(arrival: Arrival, file: FlagFile): void {
		const { entry } = arrival;
		const refusal = this.#gatekeeper.refuse(arrival.arrivedMs, entry.inFlight);
		if (refusal !== undefined) {
			reply(arrival, refusal, this.#dress(), 'refused');
			return;
		}

		const hop = this.#hopOf(arrival);
		const attempt = hop?.attempt ?? this.#attempts.next(entry.run, arrival.path);
		const decision = this.#decide(arrival.path, attempt);
		entry.attempt = attempt;
		entry.plannedMs = decision.latencyMs;
		if (hop !== undefined) entry.hop = hop.hop;
		if (decision.claim !== undefined) entry.rule = decision.claim.rule;

		if (this.#races(arrival, decision, attempt)) {
			entry.outcome = 'broken';
			arrival.request.socket.destroy();
			return;
		}
		const answer = () => {
			this.#answer(arrival, file, decision, hop);
		};
		if (decision.latencyMs === 0) answer();
		else arrival.response.once('close', callAt(arrival.arrivedMs + decision.latencyMs, answer));
	}

	/** A hop that no redirect of ours leads to is a request like any other. */
	#hopOf({ path, query }: Arrival): Hop | undefined {
		const hop = query === '' ? undefined : parseHop(query);
		if (hop === undefined) return undefined;
		return this.#decide(path, hop.attempt).claim?.fault.type === 'redirect' ? hop : undefined;
	}

	#races({ entry, connection, path }: Arrival, { claim }: Decision, attempt: number): boolean {
		return (
			claim?.fault.type === 'keepalive-race' &&
			connection.requests > 1 &&
			this.#attempts.race(entry.run, path, attempt)
		);
	}

	#answer(arrival: Arrival, file: FlagFile, decision: Decision, hop: Hop | undefined): void {
		const { scenario, files } = this.#options;
		const { claim, pauses, bytesPerSecond } = decision;
		const { method, request } = arrival;
		const attempt = arrival.entry.attempt ?? 0;
		const truth = answerFile(file, method, request.headers);
		const answer =
			claim === undefined
				? truth
				: faultAnswer(claim, { answer: truth, file, files, seed: scenario.seed, attempt, hop });
		const body = method === 'HEAD' ? undefined : answer.body;
		const framing = claim === undefined ? PLAIN : frame(claim.fault, body);

		// Only what is sent of the file itself is slowed down.
		const isOfFile = claim?.fault.type !== 'substitute' && answer.status === truth.status;
		const isPaced = isOfFile && (pauses.length > 0 || bytesPerSecond !== undefined);

		if (framing === PLAIN && !isPaced) {
			reply(arrival, answer, this.#dress(claim?.rule));
		} else {
			void this.#deliver(arrival, answer, body, framing, decision);
		}
	}

	async #deliver(
		arrival: Arrival,
		{ status, headers }: Answer,
		body: Buffer | undefined,
		framing: Framing,
		{ pauses, bytesPerSecond, claim }: Decision,
	): Promise<void> {
		const { response, entry, connection } = arrival;
		const left = new AbortController();
		response.once('close', () => {
			left.abort();
		});
		const dressed = dress(arrival, status, this.#dress(claim?.rule));
		entry.outcome = framing.cut === undefined ? 'answered' : 'broken';
		await deliver({
			response,
			answer: { status, headers: { ...headers, ...dressed }, ...(body && { body }) },
			framing,
			pauses,
			...(bytesPerSecond !== undefined && { bytesPerSecond }),
			reused: connection.requests > 1,
			signal: left.signal,
			onBytes: (bytes) => {
				entry.bytes += bytes;
			},
			onStall: (socket) => {
				this.#options.connections.stall(socket);
			},
		});
	}

	#dress(fault?: string): Dress {
		const { revealFaults, isClosing } = this.#options;
		return {
			lastOnConnection: isClosing(),
			...(revealFaults && fault !== undefined && { fault }),
		};
	}
}
