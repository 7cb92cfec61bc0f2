import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Attempt, Failure, Outcome, OutcomeStatus } from '../../../download/outcome.ts';
import { present } from '../../../util/members.ts';
import type { SharedClock } from '../redis/clock.ts';
import { below, joinBelow } from './paths.ts';
import { amount, BadMessage, json, list, object, oneOf, optional, text, whole } from './read.ts';
import { SHARD_SIZE_MAX } from './shard-message.ts';

const STATUSES: readonly OutcomeStatus[] = ['ok', 'unchanged', 'skipped', 'not_found', 'error'];
/** A batch that inflates to more is not one of ours. */
const BATCH_MAX_BYTES = 64 * 1024 * 1024;
/** A microsecond is fine enough, and shorter to write. */
const DIGITS_PER_MS = 1000;
/** Longest message of a failure, in characters. */
const TEXT_MAX = 65_536;

/** An outcome without its target, with its times on the shared clock. */
export interface WireOutcome extends Omit<Outcome, 'target' | 'dest'> {
	/** Place of the target in its shard, from 0. */
	readonly offset: number;
	/** Below the output directory; only where it is not that of the target. */
	readonly dest?: string;
}

type Side = { readonly directory: string; readonly clock: SharedClock };

/** @param offset - Place of the target in its shard. */
export function shareOutcome(outcome: Outcome, offset: number, side: Side): WireOutcome {
	const { target, dest, startMs, endMs, attempts, sha256, ...rest } = outcome;
	return {
		...rest,
		offset,
		startMs: side.clock.toShared(startMs),
		endMs: side.clock.toShared(endMs),
		...(dest !== target.dest && { dest: below(dest, side.directory) }),
		...(sha256 !== undefined && sha256 !== target.sha256 && { sha256 }),
		...(attempts && { attempts: shifted(attempts, side.clock.toShared) }),
	};
}

/** The outcome as if it had come about here. */
export function ownOutcome(shared: WireOutcome, target: Outcome['target'], side: Side): Outcome {
	const { offset: _, dest, startMs, endMs, attempts, ...rest } = shared;
	return {
		...rest,
		target,
		dest: dest === undefined ? target.dest : joinBelow(side.directory, dest),
		startMs: side.clock.toLocal(startMs),
		endMs: side.clock.toLocal(endMs),
		...(rest.status === 'ok' &&
			rest.sha256 === undefined &&
			target.sha256 !== undefined && { sha256: target.sha256 }),
		...(attempts && { attempts: shifted(attempts, side.clock.toLocal) }),
	};
}

/** Deflated JSON: some 15 to 25 bytes an outcome, and Redis keeps them until the run has ended. */
export function packOutcomes(outcomes: readonly WireOutcome[]): Buffer {
	return deflateRawSync(JSON.stringify(outcomes.map(toRow)), { level: 3 });
}

/** @throws {BadMessage} */
export function unpackOutcomes(packed: Buffer): WireOutcome[] {
	let source: string;
	try {
		source = inflateRawSync(packed, { maxOutputLength: BATCH_MAX_BYTES }).toString();
	} catch (cause) {
		throw new BadMessage('outcomes: cannot be inflated', { cause });
	}
	return list(json(source, 'outcomes'), 'outcomes', SHARD_SIZE_MAX, fromRow);
}

/** What every outcome has stands in a row, for names would be most of it; the rest has names. */
function toRow(outcome: WireOutcome): unknown[] {
	const { offset, status, bytes, requests, retries, startMs, endMs, httpStatus, ...rest } = outcome;
	const row = [
		offset,
		STATUSES.indexOf(status),
		bytes,
		requests,
		retries,
		Math.round(startMs * DIGITS_PER_MS),
		Math.round((endMs - startMs) * DIGITS_PER_MS),
		httpStatus ?? 0,
	];
	return Object.keys(rest).length === 0 ? row : [...row, rest];
}

function fromRow(value: unknown, where: string): WireOutcome {
	const [offset, status, bytes, requests, retries, start, took, httpStatus, rest] = list(
		value,
		where,
		9,
		(item) => item,
	);
	const named = object(rest ?? {}, where);
	const startMs = amount(start, where) / DIGITS_PER_MS;
	return {
		offset: whole(offset, where, SHARD_SIZE_MAX),
		status: STATUSES[whole(status, where, STATUSES.length - 1)] ?? 'error',
		bytes: whole(bytes, where),
		requests: whole(requests, where),
		retries: whole(retries, where),
		startMs,
		endMs: startMs + amount(took, where) / DIGITS_PER_MS,
		...(httpStatus !== 0 && { httpStatus: whole(httpStatus, where, 999) }),
		...present({
			dest: optional(named['dest'], `${where}.dest`, text),
			sha256: optional(named['sha256'], `${where}.sha256`, text),
			etag: optional(named['etag'], `${where}.etag`, text),
			lastModified: optional(named['lastModified'], `${where}.lastModified`, text),
			servedUrl: optional(named['servedUrl'], `${where}.servedUrl`, text),
			failure: optional(named['failure'], `${where}.failure`, readFailure),
			attempts: optional(named['attempts'], `${where}.attempts`, readAttempts),
		}),
	};
}

function readFailure(value: unknown, where: string): Failure {
	const { code, message, causes } = object(value, where);
	return {
		code: text(code, where),
		message: text(message, where, TEXT_MAX),
		causes: list(causes, where, 100, (cause) => text(cause, where, TEXT_MAX)),
	};
}

/** Only reporters look at them: what matters is that they are rows of numbers and short texts. */
function readAttempts(value: unknown, where: string): Attempt[] {
	return list(value, where, 1000, (one) => {
		const attempt = object(one, where);
		text(attempt['url'], where);
		for (const name of ['number', 'waitedMs', 'startMs', 'endMs', 'bytes']) {
			amount(attempt[name], `${where}.${name}`);
		}
		for (const name of Object.keys(attempt)) {
			oneOf(typeof attempt[name], `${where}.${name}`, ['string', 'number', 'boolean']);
		}
		return attempt as unknown as Attempt;
	});
}

const TIMES = ['startMs', 'connectedMs', 'headersMs', 'bodyMs', 'writtenMs', 'endMs'] as const;

function shifted(attempts: readonly Attempt[], shift: (ms: number) => number): Attempt[] {
	return attempts.map((attempt) => {
		const moved: Partial<Record<(typeof TIMES)[number], number>> = {};
		for (const time of TIMES) {
			const ms = attempt[time];
			if (ms !== undefined) {
				moved[time] = shift(ms);
			}
		}
		return { ...attempt, ...moved };
	});
}
