import type { Reporter } from '../../events/run-event.ts';
import { jsonEvents } from '../../reporters/json-events.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Io } from '../io.ts';

/** The events of `--json`, of which the last is `run.end` even where no run has begun. */
export interface Events extends Reporter {
	readonly begun: boolean;
}

/** Writes nothing without `--json`. */
export function openEvents(flags: GetFlags, io: Io): Events {
	const json = flags.json === true && flags.dryRun !== true ? jsonEvents(io.stdout) : undefined;
	let begun = false;
	return {
		on(event) {
			begun ||= event.type === 'run.start';
			json?.on(event);
		},
		get begun() {
			return begun;
		},
	};
}
