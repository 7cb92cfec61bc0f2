import type { Redis } from 'ioredis';
import { type Refusal, readRefusal } from '../gate/refusals.ts';
import type { RunKeys } from '../redis/keys.ts';
import type { RedisLink } from '../redis/link.ts';
import { amount, BadMessage, json, object, oneOf, text } from './read.ts';

/** What the workers of a run should know at once. Redis holds it, too, for who misses it. */
export type Notice =
	| { readonly type: 'refused'; readonly refusal: Refusal; readonly untilMs: number }
	| { readonly type: 'closed'; readonly origin: string; readonly message: string }
	/** The run is over: its shards are to be dropped. */
	| { readonly type: 'stopped' };

export interface RunChannel {
	say(notice: Notice): void;
	close(): void;
}

/**
 * Listens to a run.
 *
 * @param onNotice - Called with what others say, and with one's own.
 * @param onGap - Called whenever something may have been missed: first when it begins.
 */
export async function openChannel(
	link: RedisLink,
	{ channel }: RunKeys,
	onNotice: (notice: Notice) => void,
	onGap: () => void,
): Promise<RunChannel> {
	const listener = link.another();
	listener.on('message', (_, message) => {
		const notice = readNotice(message);
		if (notice !== undefined) {
			onNotice(notice);
		}
	});
	await subscribed(listener, channel, link.lost);
	onGap();
	listener.on('ready', onGap);
	return {
		say: (notice) => {
			link.client.publish(channel, JSON.stringify(notice)).catch(() => {});
		},
		close: () => listener.disconnect(),
	};
}

async function subscribed(listener: Redis, channel: string, lost: AbortSignal): Promise<void> {
	try {
		await listener.subscribe(channel);
	} catch (error) {
		lost.throwIfAborted();
		throw error;
	}
}

/** Anybody can say anything on a channel: what is not understood is not heard. */
function readNotice(message: string): Notice | undefined {
	try {
		const notice = object(json(message, 'notice'), 'notice');
		const type = oneOf(notice['type'], 'notice.type', ['refused', 'closed', 'stopped']);
		switch (type) {
			case 'refused':
				return {
					type,
					refusal: readRefusal(notice['refusal']),
					untilMs: amount(notice['untilMs'], 'notice.untilMs'),
				};
			case 'closed':
				return {
					type,
					origin: text(notice['origin'], 'notice.origin'),
					message: text(notice['message'], 'notice.message'),
				};
			case 'stopped':
				return { type };
		}
	} catch (error) {
		if (!(error instanceof BadMessage)) {
			throw error;
		}
		return undefined;
	}
}
