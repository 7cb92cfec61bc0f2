import type { Redis } from 'ioredis';
import { KEEP_S, type RunKeys } from '../redis/keys.ts';
import { type Directory, exists, whichExist } from './directory.ts';
import { madeBefore } from './made.ts';
import type { OpenShard } from './open-shard.ts';
import type { Recorder } from './recorder.ts';

/**
 * Finds out what is done of a shard: by outcomes that are recorded, and by files that the run has
 * made and nobody has heard of.
 *
 * What was there when the run first came to this directory is written down before anything is
 * downloaded, so that nothing done later can be taken for it.
 */
export async function resumeShard(
	client: Redis,
	keys: RunKeys,
	shard: OpenShard,
	directory: Directory,
	recorder: Recorder,
): Promise<void> {
	const key = keys.shard(shard.message.shard);
	const found = await client.hgetall(key);
	const done = Object.entries(found).filter(([name]) => name.startsWith('done '));
	for (const [, offsets] of done) {
		for (const place of places(offsets)) {
			if (shard.settle(place)) {
				shard.count('done', 1);
			}
		}
	}

	const field = `before ${directory.id}`;
	if (found[field] === undefined) {
		const before = (await whichExist(shard.targets)).join(',');
		const isFirst = await client.hsetnx(key, field, before);
		await client.expire(key, KEEP_S);
		shard.before = places(before);
		if (isFirst === 1) {
			return;
		}
	}
	shard.before = places(found[field] ?? (await client.hget(key, field)) ?? '');
	let unheardOf = 0;
	for (const [place, target] of shard.targets.entries()) {
		const isMade = !shard.isSettled(place) && !shard.before.has(place);
		if (isMade && target.naming === undefined && exists(target.dest) && shard.settle(place)) {
			recorder.add(shard, madeBefore(target));
			unheardOf += 1;
		}
	}
	// Before anything is begun: should the shard end this worker, too, that much is known.
	if (unheardOf > 0) {
		await recorder.flush();
	}
}

function places(text: string): ReadonlySet<number> {
	return new Set(text === '' ? [] : text.split(',').map(Number));
}
