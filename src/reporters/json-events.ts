import { recordOf } from '../events/outcome-record.ts';
import type { ActivityEvent, NotStartedEvent, Reporter, RunEvent } from '../events/run-event.ts';
import { jsonText } from '../util/text.ts';
import type { Output } from './output.ts';

/** Changes when a program that reads the events would have to. */
const EVENT_VERSION = 1;

/** `--json`: one object a line; the last is `run.end`. Their schema is `events.schema.json`. */
export function jsonEvents(output: Output): Reporter {
	let seq = 0;
	return {
		on(event) {
			if (event.type === 'activity' || event.type === 'not_started') {
				return;
			}
			output.write(eventLine(event, seq));
			seq += 1;
		},
	};
}

/** @param seq - Number of the event in its run, from 0. */
function eventLine(event: Exclude<RunEvent, ActivityEvent | NotStartedEvent>, seq: number): string {
	const { type, ...members } = event;
	const flat = event.type === 'outcome' ? recordOf(event.outcome) : members;
	return `${jsonText({ v: EVENT_VERSION, seq, type, ...flat })}\n`;
}
