import type { Output } from '../../reporters/output.ts';
import { eventLine } from '../../smoke/report/json.ts';
import type {
	SmokeEnd,
	SmokeEvent,
	SmokeReport,
	SmokeRun,
	SmokeStart,
	SmokeThreshold,
	SmokeWarning,
} from '../../smoke/results.ts';

/** Hands events on as they come, and keeps them for the reports at the end. */
export class Events {
	readonly #listeners: readonly ((event: SmokeEvent) => void)[];
	readonly #told: SmokeEvent[] = [];

	constructor(listeners: readonly ((event: SmokeEvent) => void)[]) {
		this.#listeners = listeners;
	}

	tell(event: SmokeEvent): void {
		this.#told.push(event);
		for (const listen of this.#listeners) {
			listen(event);
		}
	}

	get ended(): boolean {
		return this.#told.at(-1)?.type === 'run.end';
	}

	/** Everything that was told between the start and the end. */
	report(start: SmokeStart, end: SmokeEnd): SmokeReport {
		const of = <T extends SmokeEvent>(type: T['type']) =>
			this.#told.filter((event): event is T => event.type === type);
		// Told as they ended; a report has them in the order in which they were asked for.
		const order = start.runs.map((labels) => JSON.stringify(labels));
		const place = ({ labels }: SmokeRun) => order.indexOf(JSON.stringify(labels));
		return {
			start,
			runs: of<SmokeRun>('smoke.run').sort((one, other) => place(one) - place(other)),
			thresholds: of<SmokeThreshold>('threshold'),
			warnings: of<SmokeWarning>('warning'),
			end,
		};
	}
}

/** `--json`: one object a line. */
export function jsonListener(output: Output): (event: SmokeEvent) => void {
	let seq = 0;
	return (event) => {
		output.write(eventLine(event, seq));
		seq += 1;
	};
}
