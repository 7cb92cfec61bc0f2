import * as v from 'valibot';
import { explain } from '../schema/explain.ts';
import { runEvent } from '../schema/run-events.ts';
import type { DeepReadonly } from '../util/members.ts';

/** A line of `flagdl get --json`. */
export type ReadEvent = DeepReadonly<v.InferOutput<typeof runEvent>>;

/** A parsed line: an event, or why it is invalid. */
export type ReadLine =
	| { readonly event: ReadEvent; readonly problem?: undefined }
	| { readonly event?: undefined; readonly problem: string };

const SHOWN_LENGTH = 80;

/** Parses a line of `flagdl get --json`. */
export function readEvent(line: string): ReadLine {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch {
		return { problem: `is not JSON: ${line.slice(0, SHOWN_LENGTH)}` };
	}
	const { success, output, issues } = v.safeParse(runEvent, value, { abortPipeEarly: true });
	if (success) {
		return { event: output };
	}
	const problems = explain(issues).map(({ pointer, message }) =>
		pointer === '' ? message : `${pointer}: ${message}`,
	);
	return { problem: `is no event: ${problems.join('; ')}` };
}
