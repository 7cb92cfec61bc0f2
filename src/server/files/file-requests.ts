import { createDecide, type Decide, type Decision } from '../../scenarios/decide.ts';
import type { ContentSource, ServedFile } from '../content/content-source.ts';
import type { BodyHold } from '../faults/body-hold.ts';
import { BEFORE_RESET_MS } from '../faults/deliver.ts';
import { type Hop, hopOf } from '../faults/redirects.ts';
import type { Arrival } from '../response.ts';
import { answerAttempt } from './answer-attempt.ts';
import { ScenarioRequests, type ScenarioRequestsOptions } from './scenario-requests.ts';

export interface FileRequestsOptions extends ScenarioRequestsOptions {
	readonly source: ContentSource;
	/** Stops bodies at their middle. */
	readonly hold: BodyHold | undefined;
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

		const hop = this.#hopOf(arrival);
		const attempt = hop?.attempt ?? this.attempts.next(entry.run, arrival.path);
		const decision = this.#decide(arrival.path, attempt);
		this.note(arrival, attempt, decision);
		if (hop !== undefined) {
			entry.hop = hop.hop;
		}

		if (this.#races(arrival, decision, attempt)) {
			entry.outcome = 'broken';
			arrival.request.socket.destroy();
			return;
		}
		const { scenario, source, connections, hold } = this.options;
		if (decision.claim?.fault.type === 'restart') {
			this.#restart(arrival, decision.claim.fault.downMs);
			return;
		}
		const answer = () => {
			answerAttempt(arrival, {
				file,
				source,
				decision,
				attempt,
				hop,
				hold,
				seed: scenario.seed,
				dressed: this.dress(arrival, decision.claim?.rule),
				onStall: (socket) => {
					connections.stall(socket);
				},
			});
		};
		this.afterLatency(arrival, decision, answer);
	}

	/** A hop that no redirect of ours leads to is a request like any other. */
	#hopOf({ path, query, request }: Arrival): Hop | undefined {
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

	#races({ entry, connection, path }: Arrival, { claim }: Decision, attempt: number): boolean {
		return (
			claim?.fault.type === 'keepalive-race' &&
			connection.requests > 1 &&
			this.attempts.race(entry.run, path, attempt)
		);
	}

	/** The beginning of a status line says that the request was taken up, as for a reset. */
	#restart({ entry, connection, request }: Arrival, downMs: number): void {
		entry.outcome = 'broken';
		if (connection.requests > 1) {
			request.socket.write('HTTP/1.1');
		}
		setTimeout(() => this.options.connections.restart(downMs), BEFORE_RESET_MS);
	}
}
