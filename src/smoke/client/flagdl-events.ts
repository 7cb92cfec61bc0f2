import type { OutcomeRecord } from '../../events/run-event.ts';
import { type ReadEvent, readEvent } from '../../schema/run-events.ts';

/** The events that a run of flagdl reported about itself. */
export interface ReportedEvents {
	/** By id of the target. */
	readonly outcomes: ReadonlyMap<string, OutcomeRecord>;
	/** `run.end`; absent if it is missing. */
	readonly end?: ReportedEnd;
	/** Defects of the event stream itself. */
	readonly problems: readonly string[];
}

export type ReportedEnd = Extract<ReadEvent, { type: 'run.end' }>;

/** Parses the events of `flagdl get --json` from chunks of any size. */
export class EventParser {
	readonly #outcomes = new Map<string, OutcomeRecord>();
	readonly #problems: string[] = [];
	#end: ReportedEnd | undefined;
	#rest = '';
	#lines = 0;
	#seq = 0;

	write(text: string): void {
		const lines = (this.#rest + text).split('\n');
		this.#rest = lines.pop() ?? '';
		for (const line of lines) {
			this.#parseLine(line);
		}
	}

	/** The parsed events, after the end of the stream. */
	result(): ReportedEvents {
		const problems = [...this.#problems];
		if (this.#rest !== '') {
			problems.push('the last line is not whole');
		}
		if (this.#end === undefined) {
			problems.push('there is no run.end');
		} else {
			problems.push(...inconsistencies(this.#end, [...this.#outcomes.values()]));
		}
		return {
			outcomes: this.#outcomes,
			...(this.#end !== undefined && { end: this.#end }),
			problems,
		};
	}

	#parseLine(line: string): void {
		this.#lines += 1;
		const { event, problem } = readEvent(line);
		if (event === undefined) {
			this.#problems.push(`line ${this.#lines} ${problem}`);
			return;
		}
		if (event.seq !== this.#seq) {
			this.#problems.push(`event ${this.#seq} has the number ${event.seq}`);
		}
		this.#seq = event.seq + 1;
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

/** Differences between `run.end` and the sums of the outcomes. */
function inconsistencies(end: ReportedEnd, outcomes: readonly OutcomeRecord[]): string[] {
	const sum = (of: (outcome: OutcomeRecord) => number) =>
		outcomes.reduce((total, outcome) => total + of(outcome), 0);
	const totals = Object.entries(end.totals).map(
		([status, reported]) =>
			[status, reported, sum((outcome) => Number(outcome.status === status))] as const,
	);
	return [
		...totals,
		['requests', end.requests, sum(({ requests }) => requests)] as const,
		['retries', end.retries, sum(({ retries }) => retries)] as const,
	]
		.filter(([, reported, counted]) => reported !== counted)
		.map(
			([name, reported, counted]) => `run.end says ${reported} ${name}, its outcomes ${counted}`,
		);
}
