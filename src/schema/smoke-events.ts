import * as v from 'valibot';
import {
	count,
	durationMs,
	event,
	labels,
	openObject,
	positive,
	thresholdVerdict,
	timeMs,
	verdict,
	warning,
} from './output.ts';
import { flag, text } from './shapes.ts';

/**
 * What `flagdl smoke` tells: the lines of `--json` and of reports in .ndjson, and a report in .json. Members may be
 * added; `v` changes when one is removed or means something else.
 */

const named = v.record(text, text);

export const smokeStart = {
	version: v.pipe(text, v.description('Of flagdl.')),
	startMs: timeMs,
	server: v.exactOptional(
		v.pipe(
			text,
			v.description('The server that is tested; absent where the bundled one is the judge.'),
		),
	),
	scenarios: v.pipe(
		v.array(
			openObject({
				name: text,
				seed: count,
				rules: v.pipe(named, v.description('What each rule does, by its id: a line for people.')),
			}),
		),
		v.description('Empty if another server is tested.'),
	),
	runs: v.pipe(v.array(labels), v.description('Labels of every run that will be made.')),
	clients: v.pipe(named, v.description('Command lines of other clients, by name.')),
	profile: v.pipe(
		v.array(text),
		v.description(
			'What the client is told about time-outs and retries, as arguments of flagdl get.',
		),
	),
	lanes: v.pipe(positive, v.description('Runs at once.')),
};

/** What a check finds, by its name; those that matter most first. */
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
	check: v.pipe(
		v.picklist(CHECK_NAMES),
		v.description(CHECK_NAMES.map((name) => `${name}: ${CHECKS[name]}`).join(' ')),
	),
	target: v.exactOptional(
		v.pipe(text, v.description('Id; absent where it is about the whole run.')),
	),
	rules: v.exactOptional(
		v.pipe(v.array(text), v.description('The rules of the scenario that the target met.')),
	),
	message: text,
});

/** One target as a test case. */
const smokeTarget = openObject({
	id: text,
	recovered: v.pipe(count, v.description('Attempts that failed and were made good.')),
	rules: v.array(text),
	wallMs: v.pipe(durationMs, v.description('Milliseconds; 0 if not measured.')),
});

const counts = openObject({
	targets: count,
	right: v.pipe(count, v.description('Files that are there with the right bytes.')),
	mustFail: v.pipe(
		count,
		v.description('Targets of which a correct client has no file in the end.'),
	),
	planDiff: v.pipe(count, v.description('Targets that did not end as planned.')),
	requests: v.pipe(count, v.description('HTTP requests that the server had.')),
	recovered: v.pipe(count, v.description('Targets that were made good by another attempt.')),
});

export const smokeRun = {
	passed: flag,
	labels,
	findings: v.pipe(
		v.array(finding),
		v.description('Worst first; empty where everything is as it should be.'),
	),
	targets: v.array(smokeTarget),
	counts,
	exitCode: v.exactOptional(count),
	signal: v.exactOptional(text),
	wallMs: durationMs,
	lastOutput: v.exactOptional(
		v.pipe(text, v.description('Of the client; only where something was found.')),
	),
};

export const smokeEnd = {
	passed: v.pipe(
		flag,
		v.description(
			'False where a run was not as it should be, a threshold was missed, or it did not come to its end.',
		),
	),
	runs: openObject({
		passed: count,
		failed: count,
		unmade: v.pipe(count, v.description('Not made to the end, after an interruption.')),
	}),
	thresholds: openObject({ pass: count, fail: count, inconclusive: count }),
	wallMs: durationMs,
	exitCode: count,
};

/** Shapes that several others have: each is written into the JSON Schema once. */
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

/** A part of a report: it has its type, and no number. */
function part<const Type extends string, const Parts extends v.ObjectEntries>(
	type: Type,
	members: Parts,
) {
	return openObject({ type: v.literal(type), ...members });
}

const smokeEvent = v.pipe(
	v.variant('type', [
		event('smoke.start', smokeStart),
		event('smoke.run', smokeRun),
		event('threshold', thresholdVerdict),
		event('warning', warning),
		event('run.end', smokeEnd),
	]),
	v.description('The first is smoke.start, unless nothing could begin; the last is run.end.'),
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
	v.title('What flagdl smoke tells, version 1'),
	v.description(
		'A report (--report file.json), or one line of the events (--json, --report file.ndjson).',
	),
);
