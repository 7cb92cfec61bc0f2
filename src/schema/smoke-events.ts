import * as v from 'valibot';
import {
	count,
	counted,
	durationMs,
	event,
	labels,
	openObject,
	positive,
	thresholdVerdict,
	timeMs,
	took,
	verdict,
	warning,
} from './output.ts';
import { described, flag, maybe, said, text } from './shapes.ts';

/**
 * Events of `flagdl smoke`: the lines of `--json` and of .ndjson reports, and .json reports. Members may be added; `v`
 * changes when one is removed or changes its meaning.
 */

const named = v.record(text, text);

export const smokeStart = {
	version: said('Of flagdl.'),
	startMs: timeMs,
	server: maybe(said('The server under test; absent if it is the bundled one.')),
	scenarios: described(
		v.array(
			openObject({
				name: text,
				seed: count,
				rules: described(named, 'Human-readable description of each rule, by its id.'),
			}),
		),
		'Empty if another server is tested.',
	),
	runs: described(v.array(labels), 'Labels of every run that will be made.'),
	clients: described(named, 'Command lines of other clients, by name.'),
	profile: described(
		v.array(text),
		'Timeouts and retries of the client, as arguments of flagdl get.',
	),
	lanes: described(positive, 'Number of runs at once.'),
};

/** Findings of the checks, by code; the most important first. */
export const CHECKS = {
	wrong: 'A file was saved with wrong bytes, or where none should be.',
	client: 'The client could not be started, did not end, or was killed.',
	exit_code: 'The exit code does not match what happened.',
	missed: 'A file is missing that a correct client would have.',
	outcome: 'What the client reports about a target is not what happened to it.',
	events: 'The events contradict themselves.',
	differs: 'Two runs saved different bytes for the same file.',
	partial: 'A file had its final name while the server still held its body.',
	leftover: 'Files that were not requested.',
	process: 'Processes that were still running after the end.',
	socket: 'Connections that were still open after the end.',
	retry_after: 'A request was repeated earlier than `Retry-After` allowed.',
	requests: 'More requests than a correct client needs, or fewer.',
} as const;

const CHECK_NAMES = Object.keys(CHECKS) as (keyof typeof CHECKS)[];

const finding = openObject({
	check: described(
		v.picklist(CHECK_NAMES),
		CHECK_NAMES.map((name) => `${name}: ${CHECKS[name]}`).join(' '),
	),
	target: maybe(said('Id; absent if the finding is about the whole run.')),
	rules: maybe(described(v.array(text), 'The rules of the scenario that the target met.')),
	message: text,
});

/** One target as a test case. */
const smokeTarget = openObject({
	id: text,
	recovered: counted('Failed attempts that a later one recovered.'),
	rules: v.array(text),
	wallMs: took('Milliseconds; 0 if not measured.'),
});

const counts = openObject({
	targets: count,
	right: counted('Files saved with the right bytes.'),
	mustFail: counted('Targets for which a correct client ends without a file.'),
	planDiff: counted('Targets that did not end as planned.'),
	requests: counted('HTTP requests that the server received.'),
	recovered: counted('Targets that a later attempt recovered.'),
});

export const smokeRun = {
	passed: flag,
	labels,
	findings: described(v.array(finding), 'Worst first; empty if there are none.'),
	targets: v.array(smokeTarget),
	counts,
	exitCode: maybe(count),
	signal: maybe(text),
	wallMs: durationMs,
	lastOutput: maybe(said('Of the client; only if there are findings.')),
};

export const smokeEnd = {
	passed: described(flag, 'False if a run failed, a threshold failed, or smoke was interrupted.'),
	runs: openObject({
		passed: count,
		failed: count,
		unmade: counted('Runs not completed because of an interruption.'),
	}),
	thresholds: openObject({ pass: count, fail: count, inconclusive: count }),
	wallMs: durationMs,
	exitCode: count,
};

/** Shared shapes, each defined once in the JSON Schema. */
export const smokeDefinitions = {
	count,
	positive,
	durationMs,
	labels,
	verdict,
	finding,
	target: smokeTarget,
	counts,
};

/** A part of a report: an event without `v` and `seq`. */
function part<const Type extends string, const Parts extends v.ObjectEntries>(
	type: Type,
	members: Parts,
) {
	return openObject({ type: v.literal(type), ...members });
}

const smokeEvent = described(
	v.variant('type', [
		event('smoke.start', smokeStart),
		event('smoke.run', smokeRun),
		event('threshold', thresholdVerdict),
		event('warning', warning),
		event('run.end', smokeEnd),
	]),
	'The first is smoke.start, unless the command could not start; the last is run.end.',
);

const smokeReport = v.strictObject({
	version: v.literal(1),
	start: part('smoke.start', smokeStart),
	runs: v.array(part('smoke.run', smokeRun)),
	thresholds: v.array(part('threshold', thresholdVerdict)),
	warnings: v.array(part('warning', warning)),
	end: part('run.end', smokeEnd),
});

export const smokeDocument = v.pipe(
	v.union([smokeReport, smokeEvent]),
	v.title('Output of flagdl smoke, version 1'),
	v.description(
		'A report (--report file.json), or one line of the events (--json, --report file.ndjson).',
	),
);
