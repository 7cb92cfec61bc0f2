import { planOf } from '../server/content/manifest.ts';
import { BUSY_SERVER } from '../thresholds/metrics.ts';
import { CannotRunError } from '../util/errors.ts';
import { oneLine } from '../util/text.ts';
import { endOf, shellExitMeaning } from './check-ending.ts';
import { judgeRun } from './check-run.ts';
import type { Conditions } from './client/clients.ts';
import {
	type Expected,
	expectedOf,
	isAcceptable,
	leewaysOf,
	type RunSpec,
	readContents,
	rulesOf,
} from './expected.ts';
import { measuresOf } from './measures.ts';
import { type Observation, observeRun } from './observe-run.ts';
import type { Counts, Finding, RunResult, TargetResult } from './results.ts';

/** Checks that count as a difference from the plan. */
const DIFFERS: readonly Finding['check'][] = ['wrong', 'missed', 'outcome', 'requests'];

/** Runs a client against a scenario and compares the run with its plan. */
export async function plannedRun(spec: RunSpec, conditions: Conditions): Promise<RunResult> {
	const { scenario, source, targets: asked, profile } = spec;
	const plan = await planOf(scenario, source, asked, profile);
	const contents = await readContents(source, plan);
	// Every client must reject an untrusted certificate.
	const hasLeeway = !spec.client.speaksEvents && scenario.tls?.certificate === undefined;
	const leeways = hasLeeway ? await leewaysOf(spec, plan, contents) : undefined;
	const expected = expectedOf(plan, contents, {
		handshakeResets: scenario.tls?.reset,
		leeways,
	});
	const observation = await observeRun(spec, expected, conditions);
	assertStarted(spec, observation);
	const findings = judgeRun(expected, observation);
	const targets = expected.map((one) => targetResult(one, observation));
	const counts = countsOf(expected, observation, findings, targets);
	const { ended, serverUtilization = 0 } = observation;

	return {
		labels: spec.labels,
		findings,
		targets,
		counts,
		...endOf(ended, findings),
		measured: {
			labels: spec.labels,
			measures: measuresOf({ ...counts, planRequests: plan.requests }, findings, observation),
			serverBound: serverUtilization > BUSY_SERVER,
		},
	};
}

/**
 * @throws {CannotRunError} If the client could not be started, which says nothing about the client.
 */
function assertStarted({ labels }: RunSpec, { ended, requests }: Observation): void {
	const { cause, code, lastOutput } = ended;
	const isUnknown = requests.length === 0 && (code === 126 || code === 127);
	if (cause !== 'not_started' && !isUnknown) {
		return;
	}
	const why = isUnknown ? (shellExitMeaning(code) ?? '') : 'could not be started';
	const output = lastOutput === '' ? '' : `: ${oneLine(lastOutput, MAX_OUTPUT_LENGTH)}`;
	throw new CannotRunError(`the client ${labels['client'] ?? 'flagdl'} ${why}${output}`);
}

const MAX_OUTPUT_LENGTH = 300;

function targetResult(
	expected: Expected,
	{ requests, files, reported }: Observation,
): TargetResult {
	const { planned } = expected;
	const outcome = reported?.outcomes.get(planned.id);
	const attempts = requests
		.filter(({ path }) => path === planned.path)
		.map(({ attempt }) => attempt ?? 0);
	const retries = outcome?.retries ?? Math.max(0, ...attempts) - 1;
	return {
		id: planned.id,
		recovered: isRight(expected, files) ? Math.max(0, retries) : 0,
		rules: rulesOf(planned),
		wallMs: outcome === undefined ? 0 : outcome.endMs - outcome.startMs,
	};
}

function countsOf(
	expected: readonly Expected[],
	{ requests, files }: Observation,
	findings: readonly Finding[],
	targets: readonly TargetResult[],
): Counts {
	const differ = findings.filter(({ check }) => DIFFERS.includes(check));
	return {
		targets: expected.length,
		right: expected.filter((one) => isRight(one, files)).length,
		mustFail: expected.filter(mustFail).length,
		planDiff: new Set(differ.map(({ target }) => target)).size,
		requests: requests.length,
		recovered: targets.filter(({ recovered }) => recovered > 0).length,
	};
}

function mustFail({ planned, alternatives }: Expected): boolean {
	return planned.status !== 'ok' && alternatives.length === 0;
}

function isRight(expected: Expected, files: Observation['files']): boolean {
	const saved = files.get(expected.file);
	return saved !== undefined && isAcceptable(expected, saved);
}
