import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isTlsFailure, isUnreachable } from '../download/errors.ts';
import type { OutcomeRecord } from '../events/run-event.ts';
import type { Labels } from '../thresholds/metrics.ts';
import { makeTemporaryDirectory } from '../util/directories.ts';
import { CannotRunError } from '../util/errors.ts';
import { withoutSignature } from '../util/secrets.ts';
import { checkEnd, checkExitCode, endOf } from './check-ending.ts';
import type { Client, Profile } from './client/clients.ts';
import { type Conditions, runClient } from './client/clients.ts';
import type { ReportedEvents } from './client/flagdl-events.ts';
import { nameIn, readFolder } from './folder.ts';
import { measuresOf } from './measures.ts';
import type { Observation } from './observe-run.ts';
import { bySeverity, type Finding, type RunResult } from './results.ts';

export interface ServerSpec {
	readonly labels: Labels;
	readonly client: Client;
	readonly server: string;
	readonly profile: Profile;
}

/** Digests of the files of earlier runs, by target: the content of a server should not change. */
export type KnownDigests = Map<string, { readonly sha256: string; readonly by: string }>;

const NO_EVENTS: ReportedEvents = { outcomes: new Map(), problems: [] };

/** Runs a client against an external server, with the checks that need no plan. */
export async function serverRun(
	{ labels, client, server, profile }: ServerSpec,
	seen: KnownDigests,
	conditions: Conditions,
): Promise<RunResult> {
	const folder = await makeTemporaryDirectory('flagdl-smoke-');
	try {
		const outputDir = join(folder, 'files');
		await mkdir(outputDir);
		const workspace = { urls: [], baseUrl: server, listFile: join(folder, 'urls.txt'), outputDir };
		const ran = await runClient(client, workspace, profile.timeoutMs, conditions);
		const observation: Observation = {
			...ran,
			files: readFolder(outputDir),
			requests: [],
			socketsLeft: 0,
		};
		assertReachable(server, observation);
		return resultOf(labels, observation, outputDir, seen);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/**
 * @throws {CannotRunError} If the server was unreachable for every target.
 */
function assertReachable(server: string, { reported = NO_EVENTS }: Observation): void {
	const errors = [...reported.outcomes.values()].map(({ error }) => error);
	const [first] = errors;
	if (first !== undefined && errors.every((error) => isOutOfReach(error?.code))) {
		throw new CannotRunError(`${server} cannot be reached: ${first.message} (${first.code})`);
	}
}

/** A server with a bad certificate is reachable. */
function isOutOfReach(code = ''): boolean {
	return code === 'origin_down' || (isUnreachable(code) && !isTlsFailure(code));
}

function resultOf(
	labels: Labels,
	observation: Observation,
	outputDir: string,
	seen: KnownDigests,
): RunResult {
	const { ended, files, reported = NO_EVENTS } = observation;
	const outcomes = [...reported.outcomes.values()];
	const fileOf = ({ dest }: OutcomeRecord) => nameIn(outputDir, dest);
	const saved = outcomes.filter(({ status }) => status === 'ok');
	const by = Object.values(labels).join(' ');
	const findings = [
		...checkEnd(observation, new Set(saved.map(fileOf))),
		...checkExitCode(observation, {
			missing: outcomes.length - saved.length,
			targets: outcomes.length,
		}),
		...outcomes.flatMap((outcome) => checkOutcome(outcome, files.get(fileOf(outcome)), seen, by)),
	].sort(bySeverity);
	const counts = {
		targets: outcomes.length,
		right: saved.length,
		planDiff: 0,
		mustFail: 0,
		requests: reported.end?.requests ?? 0,
		recovered: saved.filter(({ retries }) => retries > 0).length,
	};

	return {
		labels,
		findings,
		counts,
		targets: outcomes.map(({ id, status, retries, startMs, endMs }) => ({
			id: withoutSignature(id),
			recovered: status === 'ok' ? retries : 0,
			rules: [],
			wallMs: endMs - startMs,
		})),
		...endOf(ended, findings),
		measured: { labels, measures: measuresOf(counts, findings, observation) },
	};
}

/** Checks that a target was saved, is complete, and has the same content as in earlier runs. */
function checkOutcome(
	{ id, status, error, requests, bytes }: OutcomeRecord,
	content: Buffer | undefined,
	seen: KnownDigests,
	by: string,
): Finding[] {
	const finding = (check: Finding['check'], message: string) => [
		{ check, target: withoutSignature(id), message },
	];
	if (status !== 'ok') {
		const why = error === undefined ? status : `${error.message} (${error.code})`;
		return finding('missed', `not there after ${requests} requests: ${why}`);
	}
	if (content === undefined) {
		return finding('outcome', 'it says ok, and there is no file');
	}
	if (content.length !== bytes) {
		return finding('outcome', `it says ${bytes} bytes, the file has ${content.length}`);
	}

	const sha256 = createHash('sha256').update(content).digest('hex');
	const before = seen.get(id);
	if (before === undefined) {
		seen.set(id, { sha256, by });
	}
	return before === undefined || before.sha256 === sha256
		? []
		: finding('differs', `other bytes than ${before.by} had: the server changes its answer`);
}
