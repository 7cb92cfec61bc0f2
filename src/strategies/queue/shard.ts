import { createHash } from 'node:crypto';
import { join, relative, sep } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Attempt, Outcome } from '../../download/outcome.ts';
import { BadMessage, checkJson } from '../../schema/message.ts';
import type { WireTarget } from '../../schema/shard.ts';
import { OUTCOMES_MAX_BYTES, type OutcomeRow, outcomeRows } from '../../schema/shard.ts';
import { destination } from '../../targets/safe-path.ts';
import type { Target, Targets } from '../../targets/target.ts';
import { httpUrl } from '../../targets/url.ts';
import { present } from '../../util/members.ts';
import type { SharedClock } from './redis/shared-state.ts';

/** A piece of the list, in the order of the list. */
export interface CutShard {
	/** From 0. */
	readonly number: number;
	readonly targets: readonly Target[];
	readonly wire: readonly WireTarget[];
	readonly digest: string;
}

/**
 * Cuts a stream of targets into shards of one size, as they are asked for.
 *
 * @throws What the source throws; `UsageError` where a worker would refuse a target.
 */
export async function* cutShards(
	source: Targets,
	size: number,
	outputDir: string,
): AsyncGenerator<CutShard, void, undefined> {
	let number = 0;
	let targets: Target[] = [];
	const cut = (): CutShard => {
		const wire = targets.map((target) => toWire(target, outputDir));
		// Without secrets: what has the digest could guess them.
		const shown = wire.map(({ credentials: _, headers: __, ...rest }) => rest);
		const digest = createHash('sha1').update(JSON.stringify(shown)).digest('hex').slice(0, 12);
		const shard = { number, targets, wire, digest };
		number += 1;
		targets = [];
		return shard;
	};
	for await (const target of source) {
		targets.push(target);
		if (targets.length === size) {
			yield cut();
		}
	}
	if (targets.length > 0) {
		yield cut();
	}
}

/** @throws {UsageError} When a worker would refuse it: no URL, or a path out of the output directory. */
export function toWire(given: Target, outputDir: string): WireTarget {
	const { id, index: _, url, dest, naming, ...rest } = given;
	httpUrl(url);
	return present({
		url,
		dest: below(dest, outputDir),
		id: id === url ? undefined : id,
		naming: naming && {
			...naming,
			directory: naming.directory === outputDir ? '' : below(naming.directory, outputDir),
		},
		...rest,
	});
}

/** @param index - Number of the target in its run. */
export function fromWire(wire: WireTarget, index: number, outputDir: string): Target {
	const { id, dest, naming, ...rest } = wire;
	return {
		...rest,
		id: id ?? rest.url,
		index,
		dest: join(outputDir, dest),
		...(naming && { naming: { ...naming, directory: join(outputDir, naming.directory) } }),
	};
}

/** @throws {UsageError} If it is not below the directory, or no safe name. */
export function below(dest: string, outputDir: string): string {
	return destination(relative(outputDir, dest).split(sep).join('/'));
}

/** Where a shard is: what differs between coordinator and worker. */
export interface Side {
	readonly outputDir: string;
	readonly clock: Pick<SharedClock, 'toShared' | 'toLocal'>;
}

/** @param offset - Place of the target in its shard. */
export function toRow(outcome: Outcome, offset: number, { outputDir, clock }: Side): OutcomeRow {
	const { target, dest, attempts, failure, ...rest } = outcome;
	const shift = (ms: number) => Math.round(clock.toShared(ms) * 1000) / 1000;
	return present({
		...{ offset, ...shifted(rest, shift) },
		dest: dest === target.dest ? undefined : below(dest, outputDir),
		failure: failure && { ...failure, causes: [...failure.causes] },
		attempts: attempts?.map((one) => shifted(one, shift)),
	}) as OutcomeRow;
}

/** The outcome as if it had come about here. */
export function fromRow(row: OutcomeRow, target: Target, { outputDir, clock }: Side): Outcome {
	const { offset: _, dest, attempts, ...rest } = row;
	const shift = (ms: number) => clock.toLocal(ms);
	return {
		...shifted(rest, shift),
		target,
		dest: dest === undefined ? target.dest : join(outputDir, dest),
		...(attempts && { attempts: attempts.map((one) => shifted(one as unknown as Attempt, shift)) }),
	};
}

const TIMES = ['startMs', 'connectedMs', 'headersMs', 'bodyMs', 'writtenMs', 'endMs'] as const;

function shifted<T extends Partial<Record<(typeof TIMES)[number], number>>>(
	one: T,
	shift: (ms: number) => number,
): T {
	const times = TIMES.flatMap((time) =>
		one[time] === undefined ? [] : [[time, shift(one[time])] as const],
	);
	return { ...one, ...Object.fromEntries(times) };
}

/** Deflated JSON: some 20 to 30 bytes an outcome. */
export function packRows(rows: readonly OutcomeRow[]): string {
	return deflateRawSync(JSON.stringify(rows), { level: 3 }).toString('base64');
}

/** @throws {BadMessage} */
export function unpackRows(packed: string): OutcomeRow[] {
	let source: string;
	try {
		const bytes = Buffer.from(packed, 'base64');
		source = inflateRawSync(bytes, { maxOutputLength: OUTCOMES_MAX_BYTES }).toString();
	} catch (cause) {
		throw new BadMessage('outcomes: cannot be inflated', { cause });
	}
	return checkJson(outcomeRows, source, 'outcomes');
}
