import { setTimeout as sleep } from 'node:timers/promises';
import { endedOutcome } from '../../../download/outcome.ts';
import { jobIdOf } from '../redis/keys.ts';
import type { CoordinatorParts } from './coordinator.ts';
import type { Account } from './ledger.ts';

const LOOK_MS = 1_000;
/** A shard of which nothing was heard for so long is looked up. */
const SILENT_MS = 2_000;
/** A shard that was not to be found so often in a row is gone. */
const GONE_TIMES = 3;
/** Without a worker for so long, the user is told. */
const LONELY_MS = 5_000;

export interface Findings {
	onWorkers(workers: number): void;
	/** Redis has lost the run, and has been told of it again. */
	onForgotten(): Promise<void>;
	/** All outcomes of this shard are there. */
	onDone(shard: number): void;
	/** Whether everything that workers have sent has been read. */
	isCaughtUp(): boolean;
}

type Parts = Pick<
	CoordinatorParts,
	'settings' | 'redisName' | 'store' | 'queue' | 'ledger' | 'mailbox'
>;

/**
 * Looks once a second what nobody would tell: that there is no worker, that a shard has failed or
 * is gone, that Redis has forgotten the run, that another coordinator has it.
 *
 * @throws {CannotRunError} When another coordinator has taken over.
 */
export async function lookAfter(
	parts: Parts,
	over: AbortSignal,
	findings: Findings,
): Promise<void> {
	const { store, ledger } = parts;
	let lonelySinceMs = performance.now();
	let hasWarned = false;
	while (await nap(over)) {
		if (await store.keepAlive()) {
			await findings.onForgotten();
		}
		const workers = await store.countWorkers();
		findings.onWorkers(workers);
		if (workers > 0) {
			lonelySinceMs = performance.now();
			hasWarned = false;
		}
		if (!hasWarned && performance.now() - lonelySinceMs > LONELY_MS) {
			hasWarned = true;
			warnOfNoWorker(parts);
		}
		// What is still to be read may be just what is missing.
		if (!findings.isCaughtUp()) {
			continue;
		}
		for (const account of ledger.accounts()) {
			if (performance.now() - account.newsMs < SILENT_MS) {
				continue;
			}
			await lookUp(account, parts, over);
			if (account.missingCount === 0) {
				findings.onDone(account.shard.number);
			}
		}
	}
}

async function nap(over: AbortSignal): Promise<boolean> {
	await sleep(LOOK_MS, undefined, { signal: over }).catch(() => {});
	return !over.aborted;
}

function warnOfNoWorker({ settings, redisName }: Parts): void {
	settings.warn(
		'no_worker',
		`no worker takes shards from ${redisName}; start one with: flagdl worker --redis ${redisName}`,
	);
}

async function lookUp(account: Account, parts: Parts, over: AbortSignal): Promise<void> {
	const { queue, store } = parts;
	const jobId = jobIdOf(store.name, account.shard.number);
	const state = await queue.getJobState(jobId);
	if (state === 'failed') {
		const reason = (await queue.getJob(jobId))?.failedReason ?? 'no reason is known';
		// By now these targets may have been ended otherwise.
		if (over.aborted) {
			return;
		}
		giveUp(account, parts, 'shard_failed', 'the shard of this target failed', reason);
		return;
	}
	account.timesGone = state === 'unknown' || state === 'completed' ? account.timesGone + 1 : 0;
	if (account.timesGone < GONE_TIMES) {
		return;
	}
	account.timesGone = 0;
	if (over.aborted) {
		return;
	}
	if (account.isAddedAgain) {
		const reason = 'its shard was done twice, and nothing was heard of it';
		giveUp(account, parts, 'outcome_lost', 'the outcome of this target was lost', reason);
		return;
	}
	account.isAddedAgain = true;
	await store.add(account.shard);
}

function giveUp(
	account: Account,
	{ ledger, mailbox }: Parts,
	code: string,
	message: string,
	cause: string,
): void {
	const failure = { code, message, causes: [cause] };
	mailbox.send(ledger.giveUp(account, (target) => endedOutcome(target, 'error', { failure })));
}
