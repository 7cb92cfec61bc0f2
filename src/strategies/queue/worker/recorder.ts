import type { Outcome } from '../../../download/outcome.ts';
import type { SharedClock } from '../redis/clock.ts';
import { KEEP_S, type RunKeys } from '../redis/keys.ts';
import type { RedisLink } from '../redis/link.ts';
import { packOutcomes, shareOutcome, type WireOutcome } from '../wire/outcome-batch.ts';
import type { Directory } from './directory.ts';
import type { OpenShard } from './open-shard.ts';

/** Outcomes wait so long for company, or until there are so many of one shard. */
const WAIT_MS = 50;
const BATCH = 64;

/** Sends outcomes back, in small batches. What it has sent is not done again by anybody. */
export interface Recorder {
	add(shard: OpenShard, outcome: Outcome): void;
	/** Resolves when everything added is in Redis. @throws What Redis did not take, and why. */
	flush(): Promise<void>;
}

/**
 * @param name - Of this worker, for who looks into Redis.
 * @param events - `onRecorded` when outcomes of a shard are in Redis; `onFailed` when some never will
 *   be, and so their shard never done.
 */
export function openRecorder(
	link: RedisLink,
	keys: RunKeys,
	{ directory, clock, name }: { directory: Directory; clock: SharedClock; name: string },
	{ onRecorded, onFailed }: { onRecorded: (shard: OpenShard) => void; onFailed: () => void },
): Recorder {
	const waiting = new Map<OpenShard, WireOutcome[]>();
	const sending = new Set<Promise<void>>();
	let timer: NodeJS.Timeout | undefined;
	let failure: Error | undefined;
	let batches = 0;

	const send = async (shard: OpenShard, outcomes: readonly WireOutcome[]) => {
		const { shard: number, digest } = shard.message;
		const done = keys.shard(number);
		batches += 1;
		const replies = await link.client
			.multi()
			// A run that is over has no stream any more, and gets none.
			.xadd(
				keys.outcomes,
				'NOMKSTREAM',
				'*',
				...['shard', number, 'digest', digest, 'worker', name, 'outcomes', packOutcomes(outcomes)],
			)
			.hset(done, `done ${name} ${batches}`, outcomes.map(({ offset }) => offset).join(','))
			.expire(done, KEEP_S)
			.exec();
		for (const [error] of replies ?? []) {
			if (error) {
				throw error;
			}
		}
		shard.recorded(outcomes);
		onRecorded(shard);
	};
	const begin = (shard: OpenShard) => {
		const outcomes = waiting.get(shard);
		if (outcomes === undefined) {
			return;
		}
		waiting.delete(shard);
		const sent = send(shard, outcomes)
			.catch((error: unknown) => {
				failure ??= error as Error;
				onFailed();
			})
			.finally(() => sending.delete(sent));
		sending.add(sent);
	};
	const beginAll = () => {
		timer = undefined;
		for (const shard of [...waiting.keys()]) {
			begin(shard);
		}
	};

	return {
		add(shard, outcome) {
			const outcomes = waiting.get(shard) ?? [];
			waiting.set(shard, outcomes);
			const place = shard.placeOf(outcome.target);
			const kept = shard.record.options.ifExists === 'update' ? outcome : forgetful(outcome);
			outcomes.push(shareOutcome(kept, place, { directory: directory.path, clock }));
			if (outcomes.length >= BATCH) {
				begin(shard);
			}
			timer ??= setTimeout(beginAll, WAIT_MS);
		},
		async flush() {
			clearTimeout(timer);
			beginAll();
			while (sending.size > 0) {
				await Promise.all(sending);
			}
			link.lost.throwIfAborted();
			if (failure !== undefined) {
				throw failure;
			}
		},
	};
}

/** Only an update looks at validators later; they are most of what Redis would have to keep. */
function forgetful({ etag: _, lastModified: __, servedUrl: ___, ...outcome }: Outcome): Outcome {
	return outcome;
}
