import type { DownloadOptions } from '../../../download/options.ts';
import type { LocalLimiter } from '../../../download/origin/local-limiter.ts';
import type { SharedClock } from '../redis/clock.ts';
import type { RunKeys } from '../redis/keys.ts';
import type { RedisLink } from '../redis/link.ts';
import type { Notice } from '../wire/run-channel.ts';
import { openPlaces } from './places.ts';
import { openRefusals } from './refusals.ts';
import { SharedOrigin } from './shared-origin.ts';
import type { Surroundings } from './surroundings.ts';
import { openTurns } from './turns.ts';

/** How often answers are added up over all machines. */
const COUNT_MS = 100;

export interface SharedGate extends LocalLimiter {
	/** Takes what another process says. */
	onNotice(notice: Notice): void;
	/** Reads what may have been missed. */
	catchUp(): Promise<void>;
	onLimiting(call: () => void): void;
	close(): Promise<void>;
}

/** What the gate of a run needs of its process. */
export interface GateParts {
	readonly link: RedisLink;
	readonly keys: RunKeys;
	readonly clock: SharedClock;
	/** Different in each process. */
	readonly owner: string;
	readonly limits: Pick<DownloadOptions, 'rate' | 'maxPerHost'>;
	readonly say: (notice: Notice) => void;
}

/** The gates of all origins of a run that many processes work on. */
export function openSharedGate({ link, keys, clock, owner, limits, say }: GateParts): SharedGate {
	const { client } = link;
	const { rate, maxPerHost } = limits;
	const origins = new Map<string, SharedOrigin>();
	const listeners: (() => void)[] = [];
	const around: Surroundings = {
		refusals: openRefusals(client, keys),
		clock,
		say,
		openTurns: (member, pace) => openTurns(client, keys.turns, member, pace, clock),
		openFixedTurns: (origin) =>
			rate &&
			openTurns(
				client,
				keys.turns,
				`fixed ${origin}`,
				{ perSecond: (rate.requests * 1000) / rate.windowMs, startMs: 0, probing: 'fixed' },
				clock,
			),
		openPlaces: (origin) =>
			maxPerHost === undefined
				? undefined
				: openPlaces(client, keys.places(origin), maxPerHost, owner, clock),
		toFlush: new Set(),
		onLimiting: () => {
			for (const listener of listeners) {
				listener();
			}
		},
	};
	const originOf = (name: string): SharedOrigin => {
		const known = origins.get(name);
		if (known !== undefined) {
			return known;
		}
		const opened = new SharedOrigin(name, around);
		origins.set(name, opened);
		return opened;
	};
	const flush = async () => {
		const counted = [...around.toFlush];
		around.toFlush.clear();
		await Promise.all(counted.map(async (origin) => await origin.flush()));
	};
	const counting = setInterval(() => void flush().catch(() => {}), COUNT_MS);
	counting.unref();

	return {
		tryAcquire: (name) => originOf(name).tryAcquire(),
		acquire: async (name, _target, signal) => await originOf(name).acquire(signal),
		awaitsRecovery: () => false,
		record: (name, result) => originOf(name).record(result, 0),
		recordAnswers: (name, count, sinceMs) => originOf(name).recordAnswers(count, sinceMs),
		isLimiting: () =>
			rate !== undefined ||
			maxPerHost !== undefined ||
			[...origins.values()].some((origin) => origin.isLimiting),
		onNotice(notice) {
			if (notice.type === 'refused') {
				originOf(notice.refusal.origin).onRefusal(notice.refusal, notice.untilMs);
			}
			if (notice.type === 'closed') {
				originOf(notice.origin).onClosed(notice.message);
			}
		},
		async catchUp() {
			const { refusals, closed } = await around.refusals.all();
			for (const refusal of refusals) {
				originOf(refusal.origin).onRefusal(refusal, refusal.untilMs);
			}
			for (const { origin, message } of closed) {
				originOf(origin).onClosed(message);
			}
		},
		onLimiting: (call) => listeners.push(call),
		async close() {
			clearInterval(counting);
			for (const origin of origins.values()) {
				origin.close();
			}
			await flush().catch(() => {});
		},
	};
}
