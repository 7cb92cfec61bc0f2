import type { Attempt } from '../../download/outcome.ts';
import type { OutcomeRecord } from '../../events/outcome-record.ts';
import type { RunEnd, RunStart } from '../../events/run-event.ts';

/** The events of a run of `flagdl get --json`. */
export interface RunEvents {
	readonly start?: RunStart;
	readonly outcomes: readonly OutcomeRecord[];
	readonly end?: RunEnd;
}

/** Reads the lines of `--json` one by one. */
export class EventReader implements RunEvents {
	start?: RunStart;
	readonly outcomes: OutcomeRecord[] = [];
	end?: RunEnd;

	/** Ignores lines that are not events. */
	read(line: string): void {
		const event = parse(line);
		if (event?.type === 'run.start') {
			this.start = event as unknown as RunStart;
		} else if (event?.type === 'outcome') {
			this.outcomes.push(event as unknown as OutcomeRecord);
		} else if (event?.type === 'run.end') {
			this.end = event as unknown as RunEnd;
		}
	}
}

/** From first request to last file, in milliseconds since the Unix epoch. */
export function span({ outcomes }: RunEvents): { startMs: number; endMs: number } | undefined {
	const attempts = outcomes.flatMap((outcome): readonly Attempt[] => outcome.attempts ?? []);
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

function parse(line: string): { readonly type?: string } | undefined {
	try {
		return JSON.parse(line) as { type?: string };
	} catch {
		return undefined;
	}
}
