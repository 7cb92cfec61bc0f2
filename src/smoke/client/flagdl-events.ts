import { type ReadEvent, readEvent } from '../../events/read-event.ts';
import type { OutcomeRecord } from '../../events/run-event.ts';

/** What a run of flagdl says of itself, by its events. */
export interface Said {
	/** By id of the target. */
	readonly outcomes: ReadonlyMap<string, SaidOutcome>;
	/** `run.end`; absent where it never came. */
	readonly end?: SaidEnd;
	/** What is wrong with the events themselves. */
	readonly problems: readonly string[];
}

export type SaidOutcome = OutcomeRecord;

export type SaidEnd = Extract<ReadEvent, { type: 'run.end' }>;

/** Listens to the events of `flagdl get --json`, in whatever pieces they come. */
export class Listener {
	readonly #outcomes = new Map<string, SaidOutcome>();
	readonly #problems: string[] = [];
	#end: SaidEnd | undefined;
	#rest = '';
	#seq = 0;

	hear(text: string): void {
		const lines = (this.#rest + text).split('\n');
		this.#rest = lines.pop() ?? '';
		for (const line of lines) {
			this.#line(line);
		}
	}

	/** All that was said, when nothing more comes. */
	said(): Said {
		const problems = [...this.#problems];
		if (this.#rest !== '') {
			problems.push('the last line is not whole');
		}
		if (this.#end === undefined) {
			problems.push('there is no run.end');
		} else {
			problems.push(...contradictions(this.#end, [...this.#outcomes.values()]));
		}
		return {
			outcomes: this.#outcomes,
			...(this.#end !== undefined && { end: this.#end }),
			problems,
		};
	}

	#line(line: string): void {
		const { event, problem } = readEvent(line);
		if (event === undefined) {
			this.#problems.push(`line ${this.#seq + 1} ${problem}`);
			return;
		}
		if (event.seq !== this.#seq) {
			this.#problems.push(`event ${this.#seq} has the number ${event.seq}`);
		}
		this.#seq += 1;
		if (this.#end !== undefined) {
			this.#problems.push(`${event.type} comes after run.end`);
		}

		if (event.type === 'run.end') {
			this.#end = event;
		} else if (event.type === 'outcome') {
			if (this.#outcomes.has(event.id)) {
				this.#problems.push(`${event.id} has two outcomes`);
			}
			this.#outcomes.set(event.id, event);
		}
	}
}

/** What `run.end` adds up to, and what the outcomes do. */
function contradictions(end: SaidEnd, outcomes: readonly SaidOutcome[]): string[] {
	const sum = (of: (outcome: SaidOutcome) => number) =>
		outcomes.reduce((total, outcome) => total + of(outcome), 0);
	const totals = Object.entries(end.totals).map(
		([status, said]) =>
			[status, said, sum((outcome) => Number(outcome.status === status))] as const,
	);
	return [
		...totals,
		['requests', end.requests, sum(({ requests }) => requests)] as const,
		['retries', end.retries, sum(({ retries }) => retries)] as const,
	]
		.filter(([, said, counted]) => said !== counted)
		.map(([name, said, counted]) => `run.end says ${said} ${name}, its outcomes ${counted}`);
}
