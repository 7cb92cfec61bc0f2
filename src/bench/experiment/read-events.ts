import type { OutcomeRecord } from '../../events/outcome-record.ts';
import { type ReadEvent, readEvent } from '../../events/read-event.ts';

/** The events of a run of `flagdl get --json`. */
export interface RunEvents {
	readonly start?: Extract<ReadEvent, { type: 'run.start' }>;
	readonly outcomes: readonly OutcomeRecord[];
	readonly end?: Extract<ReadEvent, { type: 'run.end' }>;
}

/** Reads the lines of `--json` one by one. */
export class EventReader implements RunEvents {
	start?: Extract<ReadEvent, { type: 'run.start' }>;
	readonly outcomes: OutcomeRecord[] = [];
	end?: Extract<ReadEvent, { type: 'run.end' }>;

	/** Ignores lines that are not events. */
	read(line: string): void {
		const { event } = readEvent(line);
		switch (event?.type) {
			case 'run.start':
				this.start = event;
				break;
			case 'outcome':
				this.outcomes.push(event);
				break;
			case 'run.end':
				this.end = event;
				break;
			case 'warning':
			case undefined:
				break;
		}
	}
}

/** From first request to last file, in milliseconds since the Unix epoch. */
export function span({ outcomes }: RunEvents): { startMs: number; endMs: number } | undefined {
	const attempts = outcomes.flatMap((outcome) => outcome.attempts ?? []);
	if (attempts.length === 0) {
		return undefined;
	}
	return {
		startMs: least(attempts.map(({ startMs }) => startMs)),
		endMs: -least(outcomes.map(({ endMs }) => -endMs)),
	};
}

/** Not `Math.min(...)`: so many arguments do not fit on the stack. */
function least(values: readonly number[]): number {
	return values.reduce((min, value) => Math.min(min, value), Number.POSITIVE_INFINITY);
}
