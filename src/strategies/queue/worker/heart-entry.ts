import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { bullPrefix, QUEUE_NAME, WORKER_GONE_MS, workersKey } from '../redis/keys.ts';
import { connect } from '../redis/link.ts';
import { loadLibraries } from '../redis/load.ts';
import type { FromHeart, HeartData, ToHeart } from './heart-protocol.ts';

const RENEW_MS = 1_000;
/** A main thread that has not turned for so long is not busy but stuck: others may have its shards. */
const STUCK_MS = 60_000;

// The thread's side: it has nothing to do but to renew locks, so nothing can hold it up.
const port = parentPort as MessagePort;
const { address, prefix, name, lockMs, beats } = workerData as HeartData;
const held = new Map<string, string>();
const state = { beat: -1, beatSeenMs: performance.now() };
let stop = () => {};

port.on('message', (message: ToHeart) => {
	switch (message.type) {
		case 'hold':
			held.set(message.jobId, message.token);
			return;
		case 'drop':
			held.delete(message.jobId);
			return;
		case 'close':
			stop();
			port.close();
			return;
	}
});

const libraries = await loadLibraries();
// The main thread decides how long Redis is waited for.
const patience = { firstTries: Number.POSITIVE_INFINITY, awayMaxMs: Number.POSITIVE_INFINITY };
const link = await connect(libraries, address, () => {}, patience);
const queue = new libraries.bullmq.Queue(QUEUE_NAME, {
	connection: link.client,
	prefix: bullPrefix(prefix),
	skipMetasUpdate: true,
});
queue.on('error', () => {});
const timer = setInterval(() => void renew().catch(() => {}), RENEW_MS);
stop = () => {
	clearInterval(timer);
	link.client.zrem(workersKey(prefix), name).catch(() => {});
	void link.client.quit().finally(() => link.close());
};
await renew();
say({ type: 'ready' });

async function renew(): Promise<void> {
	if (isStuck()) {
		return;
	}
	const [seconds] = await link.client.time();
	const atMs = Number(seconds) * 1000;
	await link.client
		.pipeline()
		.zadd(workersKey(prefix), atMs, name)
		.zremrangebyscore(workersKey(prefix), '-inf', atMs - WORKER_GONE_MS)
		.exec();
	const [ids, tokens] = [[...held.keys()], [...held.values()]];
	if (ids.length === 0) {
		return;
	}
	const lost = new Set(await queue.getBackend().extendLocks(ids, tokens, lockMs));
	// Dropped or taken anew meanwhile: then it is not that lock that was lost.
	for (const [index, jobId] of ids.entries()) {
		const token = tokens[index] ?? '';
		if (!lost.has(jobId) || held.get(jobId) !== token) {
			continue;
		}
		held.delete(jobId);
		say({ type: 'lost', jobId, token });
	}
}

function say(message: FromHeart): void {
	port.postMessage(message);
}

function isStuck(): boolean {
	const beat = Atomics.load(beats, 0);
	if (beat !== state.beat) {
		state.beat = beat;
		state.beatSeenMs = performance.now();
	}
	return performance.now() - state.beatSeenMs > STUCK_MS;
}
