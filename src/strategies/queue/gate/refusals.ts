import type { Redis } from 'ioredis';
import { bearableRate, type Growth } from '../../../download/origin/pacer.ts';
import { COUNT_KEEP_S, KEEP_S, type RunKeys } from '../redis/keys.ts';
import { amount, json, object, oneOf, text, whole } from '../wire/read.ts';
import type { SharedPace } from './turns.ts';

/** That an origin has refused us. The first to find it out writes it down for all. */
export interface Refusal {
	readonly origin: string;
	/** How many refusals of this origin the run has met, this one included. */
	readonly epoch: number;
	/** Shared clock. */
	readonly atMs: number;
	readonly untilMs: number;
	readonly retryAfterMs: number;
	readonly probing: Growth;
}

/** What the workers of a run have found out about its origins, kept in Redis without a script. */
export interface Refusals {
	/** Adds answers since the last refusal; the first was asked for at `sinceMs`, shared clock. */
	count(origin: string, epoch: number, answers: number, sinceMs: number): Promise<void>;
	/** @returns What is written down of this epoch: this, or that of who was faster. */
	write(refusal: Refusal): Promise<Refusal>;
	/** @returns Until when the origin is paused, by all that has been written. */
	prolong(origin: string, untilMs: number): Promise<number>;
	/** The origin is not to be asked any more in this run. */
	close(origin: string, message: string): Promise<void>;
	/** The pace that follows a refusal: what the origin bore before it, counted over all workers. */
	paceAfter(refusal: Refusal): Promise<SharedPace>;
	/** Everything there is: for who comes later, or was cut off. */
	all(): Promise<{ refusals: Refusal[]; closed: { origin: string; message: string }[] }>;
}

export function openRefusals(client: Redis, { gate, answers: counts, pauses }: RunKeys): Refusals {
	return {
		async count(origin, epoch, answers, sinceMs) {
			await client
				.pipeline()
				.hincrby(counts, field('answers', epoch, origin), answers)
				.hsetnx(counts, field('since', epoch, origin), sinceMs)
				.expire(counts, COUNT_KEEP_S)
				.exec();
		},
		async write(refusal) {
			const name = field('refusal', refusal.epoch, refusal.origin);
			await client.hsetnx(gate, name, JSON.stringify(refusal));
			await client.expire(gate, KEEP_S);
			const written = await client.hget(gate, name);
			return written === null ? refusal : readRefusal(json(written, 'refusal'));
		},
		async prolong(origin, untilMs) {
			await client.pipeline().zadd(pauses, 'GT', untilMs, origin).expire(pauses, KEEP_S).exec();
			return Number((await client.zscore(pauses, origin)) ?? untilMs);
		},
		async close(origin, message) {
			await client.hset(gate, field('closed', 0, origin), message);
		},
		async paceAfter({ origin, epoch, atMs, untilMs, retryAfterMs, probing }) {
			const [answers, since] = await client.hmget(
				counts,
				field('answers', epoch - 1, origin),
				field('since', epoch - 1, origin),
			);
			const elapsedMs = atMs - Number(since ?? atMs);
			const measured = bearableRate(Number(answers ?? 0), elapsedMs, retryAfterMs);
			// Answers still trickle in: who asks first decides for all.
			const name = field('pace', epoch, origin);
			await client.hsetnx(gate, name, measured);
			const perSecond = Number((await client.hget(gate, name)) ?? measured);
			return { perSecond, startMs: untilMs, probing };
		},
		async all() {
			const found = Object.entries(await client.hgetall(gate));
			const refusals = found
				.filter(([name]) => name.startsWith('refusal '))
				.map(([, value]) => readRefusal(json(value, 'refusal')));
			const closed = found
				.filter(([name]) => name.startsWith('closed '))
				.map(([name, message]) => ({ origin: name.split(' ')[2] ?? '', message }));
			return { refusals, closed };
		},
	};
}

/** @throws {BadMessage} */
export function readRefusal(value: unknown): Refusal {
	const { origin, epoch, atMs, untilMs, retryAfterMs, probing } = object(value, 'refusal');
	return {
		origin: text(origin, 'refusal.origin'),
		epoch: whole(epoch, 'refusal.epoch'),
		atMs: amount(atMs, 'refusal.atMs'),
		untilMs: amount(untilMs, 'refusal.untilMs'),
		retryAfterMs: amount(retryAfterMs, 'refusal.retryAfterMs'),
		probing: oneOf(probing, 'refusal.probing', ['fixed', 'cubic', 'exponential']),
	};
}

/** An origin has no space in it. */
function field(kind: string, epoch: number, origin: string): string {
	return `${kind} ${epoch} ${origin}`;
}
