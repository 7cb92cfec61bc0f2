import * as v from 'valibot';
import { described, maybe, said, text } from './shapes.ts';

/** Building blocks of all machine-readable output. */

const NOT_NEGATIVE = 'a number from 0';

export const count = wholeFrom(0);
export const positive = wholeFrom(1);
export const amount = v.pipe(v.number(NOT_NEGATIVE), v.minValue(0, NOT_NEGATIVE));
export const durationMs = described(amount, 'Milliseconds.');
export const timeMs = described(
	amount,
	'Milliseconds since the Unix epoch, on one clock for the whole run.',
);
export const share = v.pipe(amount, v.maxValue(1, 'a number from 0 to 1'));

export const counted = (about: string) => described(count, about);
export const took = (about: string) => described(durationMs, about);
export const at = (about: string) => described(timeMs, about);

function wholeFrom(min: number) {
	const what = `a whole number from ${min}`;
	return v.pipe(v.number(what), v.integer(what), v.minValue(min, what));
}

/** An object that may gain members in later versions. */
export function openObject<const Entries extends v.ObjectEntries>(
	entries: Entries,
): v.ObjectSchema<Entries, string> {
	return v.object(entries, 'an object, as in { … }');
}

/** An event: one line, numbered within its run. */
export function event<const Type extends string, const Members extends v.ObjectEntries>(
	type: Type,
	members: Members,
) {
	const seq = counted('Number of the event in its run.');
	return openObject({ v: v.literal(1), seq, type: v.literal(type), ...members });
}

/** Members of a parsed object. */
export type Members<Entries extends v.ObjectEntries> = v.InferOutput<
	v.ObjectSchema<Entries, string>
>;

/** Number of targets by status. */
export const totals = openObject({
	ok: count,
	unchanged: count,
	skipped: count,
	not_found: count,
	error: count,
	cancelled: count,
});

export const eventLoopDelay = openObject({
	p50Ms: durationMs,
	p99Ms: durationMs,
	maxMs: durationMs,
});

export const warning = {
	code: said('Stable: insecure, state_begun.'),
	message: text,
};

/** Labels that identify a run: scenario, strategy, c, client. */
export const labels = v.record(text, text);

export const VERDICTS = ['pass', 'fail', 'inconclusive'] as const;

export const verdict = described(
	v.picklist(VERDICTS),
	'inconclusive is a warning: the numbers do not decide.',
);

/** The verdict on a threshold over all runs that it selects: the worst of its runs. */
export const thresholdVerdict = {
	text: said('The threshold as written.'),
	why: maybe(said('The reason in the threshold file.')),
	verdict,
	runs: v.array(
		openObject({
			labels,
			verdict,
			found: said('251 ms (230 ms to 260 ms), limit 250 ms'),
			reason: maybe(said('Why there is no verdict.')),
		}),
	),
};
