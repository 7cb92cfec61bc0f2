import type { Outcome } from '../../../download/outcome.ts';
import type { Target } from '../../../targets/target.ts';
import type { Strategy } from '../../strategy.ts';
import { openSharedGate } from '../gate/open-shared-gate.ts';
import type { SharedClock } from '../redis/clock.ts';
import { keysOf } from '../redis/keys.ts';
import type { RedisLink } from '../redis/link.ts';
import { type Notice, openChannel, type RunChannel } from '../wire/run-channel.ts';
import type { Directory } from './directory.ts';
import { asMade } from './made.ts';
import type { OpenShard } from './open-shard.ts';
import { openRecorder } from './recorder.ts';
import { resumeShard } from './resume-shard.ts';
import { openSharedNames } from './shared-names.ts';
import type { Shards } from './take-shards.ts';

export interface Workplace {
	readonly link: RedisLink;
	readonly clock: SharedClock;
	readonly prefix: string;
	readonly directory: Directory;
	/** Different for each worker. */
	readonly name: string;
	readonly shards: Shards;
	readonly strategy: Strategy;
	readonly concurrency: number;
	readonly threads: number;
	/** Aborted when nothing more is to be begun. */
	readonly enough: AbortSignal;
	/** Aborted when what is in flight is to be ended, too. */
	readonly end: AbortSignal;
	readonly onFinished: (shard: OpenShard) => void;
}

/**
 * Works on the shards of one run, one after the other, with one gate and one pool of connections.
 *
 * All of them are one stream of targets to the strategy: it pulls the next shard while the last
 * targets of this one are still open, so no slot stands idle between two shards.
 *
 * @returns A shard that was taken and is none of it, with which to go on; if there is one.
 */
export async function workOnRun(
	first: OpenShard,
	workplace: Workplace,
): Promise<OpenShard | undefined> {
	const { link, clock, prefix, directory, name, shards, enough, end } = workplace;
	const { run } = first.message;
	const keys = keysOf(prefix, run);
	const stopped = new AbortController();
	const failed = new AbortController();
	const signal = AbortSignal.any([end, stopped.signal, failed.signal]);
	const working = new Map<number, OpenShard>();
	const finishing = new Set<Promise<void>>();
	let other: OpenShard | undefined;
	/** The last question for a shard; its answer may come when this run is over. */
	let asking: Promise<OpenShard | undefined> | undefined;
	const isOver = () => signal.aborted;
	const over = new Promise<undefined>((resolve) => {
		for (const end of [signal, enough]) {
			if (end.aborted) {
				resolve(undefined);
			} else {
				end.addEventListener('abort', () => resolve(undefined), { once: true });
			}
		}
	});

	const finish = (shard: OpenShard) => {
		working.delete(shard.message.shard);
		workplace.onFinished(shard);
		const finished = shards.finish(shard).finally(() => finishing.delete(finished));
		// Redis being gone is found out by whoever asks it next.
		finished.catch(() => {});
		finishing.add(finished);
	};
	const recorder = openRecorder(
		link,
		keys,
		{ directory, clock, name },
		{
			onRecorded(shard) {
				if (shard.isComplete && working.get(shard.message.shard) === shard) {
					finish(shard);
				}
			},
			onFailed: () => failed.abort(new Error('outcomes could not be recorded')),
		},
	);
	const names = openSharedNames(link.client, keys, directory);
	const said: { channel?: RunChannel } = {};
	const gate = openSharedGate({
		link,
		keys,
		clock,
		owner: name,
		limits: first.record.options,
		say: (notice) => said.channel?.say(notice),
	});
	const onNotice = (notice: Notice) => {
		if (notice.type === 'stopped') {
			stopped.abort(new Error('the run was stopped'));
		} else {
			gate.onNotice(notice);
		}
	};
	const catchUp = async () => {
		await gate.catchUp();
		const flag = await link.client.hget(keys.record, 'stopped');
		if (flag === '1') {
			onNotice({ type: 'stopped' });
		}
	};
	said.channel = await openChannel(link, keys, onNotice, () => void catchUp().catch(() => {}));

	const lateShard = async () => {
		const late = await asking;
		return late !== undefined && shards.holds(late) ? late : undefined;
	};
	const targets = async function* (): AsyncGenerator<Target> {
		for (let shard: OpenShard | undefined = first; shard !== undefined; ) {
			if (isOver() || !isSameRun(shard, first)) {
				other = shard;
				return;
			}
			const { shard: number } = shard.message;
			if (working.get(number) !== shard) {
				working.set(number, shard);
				await resumeShard(link.client, keys, shard, directory, recorder);
				if (shard.isComplete && working.has(number)) {
					finish(shard);
				}
			}
			for (const target of shard.untouched()) {
				if (enough.aborted || isOver()) {
					return;
				}
				yield target;
			}
			// One that has ended a worker is worked on alone: it should not take others with it.
			if (shard.isSuspect) {
				await Promise.race([shard.ended, over]);
			}
			// A run that is over may have been the last one: no shard would come to end the waiting.
			asking = shards.next(isOver);
			asking.catch(() => {});
			shard = await Promise.race([asking, over]);
		}
	};
	const take = (outcome: Outcome) => {
		const place = Math.floor(outcome.target.index / first.record.shardSize);
		const shard = working.get(place);
		// Ended, not done: another worker will do it.
		if (shard === undefined || outcome.status === 'cancelled') {
			return;
		}
		const offset = shard.placeOf(outcome.target);
		const wasThere =
			outcome.target.naming === undefined ? shard.before.has(offset) : names.wasThere(outcome.dest);
		if (shard.settle(offset)) {
			recorder.add(shard, asMade(outcome, wasThere));
		}
	};

	try {
		const { strategy, concurrency, threads } = workplace;
		const { options } = first.record;
		const shared = {
			limiter: gate,
			names,
			onLimiting: (call: () => void) => gate.onLimiting(call),
		};
		const outputDir = directory.path;
		const context = { options, concurrency, threads, signal, shared, outputDir };
		for await (const outcome of strategy(targets(), context)) {
			take(outcome);
		}
		await recorder.flush();
		await Promise.all(finishing);
		for (const shard of working.values()) {
			await (stopped.signal.aborted ? shards.finish(shard) : shards.giveBack(shard));
		}
		return other ?? (await lateShard());
	} finally {
		said.channel.close();
		await gate.close();
	}
}

/** A coordinator that came back may have brought other options. */
function isSameRun(one: OpenShard, other: OpenShard): boolean {
	return (
		one.message.run === other.message.run &&
		JSON.stringify(one.record.options) === JSON.stringify(other.record.options)
	);
}
