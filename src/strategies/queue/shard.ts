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

/** A consecutive part of the list. */
export interface CutShard {
	/** From 0. */
	readonly number: number;
	readonly targets: readonly Target[];
	readonly wire: readonly WireTarget[];
	readonly digest: string;
}

/**
 * Cuts a stream of targets into shards of one size, on demand.
 *
 * @throws What the source throws; `UsageError` if a worker would refuse a target.
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
		// Without secrets, which could otherwise be guessed from the digest.
		const withoutSecrets = wire.map(({ credentials: _, headers: __, ...rest }) => rest);
		const digest = createHash('sha1')
			.update(JSON.stringify(withoutSecrets))
			.digest('hex')
			.slice(0, 12);
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

/** @throws {UsageError} If a worker would refuse it: invalid URL, or a path outside the output directory. */
export function toWire(given: Target, outputDir: string): WireTarget {
	const { id, index: _, url, dest, naming, ...rest } = given;
	httpUrl(url);
	return present({
		url,
		dest: safeRelativePath(dest, outputDir),
		id: id === url ? undefined : id,
		naming: naming && {
			...naming,
			directory:
				naming.directory === outputDir ? '' : safeRelativePath(naming.directory, outputDir),
		},
		...rest,
	});
}

/** @param index - Index of the target in its run. */
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

/** @throws {UsageError} If it is not below the directory, or not a safe name. */
export function safeRelativePath(dest: string, outputDir: string): string {
	return destination(relative(outputDir, dest).split(sep).join('/'));
}

/** Output directory and clock of this process, to which shards are converted. */
export interface LocalContext {
	readonly outputDir: string;
	readonly clock: Pick<SharedClock, 'toShared' | 'toLocal'>;
}

/** @param offset - Index of the target in its shard. */
export function toRow(
	outcome: Outcome,
	offset: number,
	{ outputDir, clock }: LocalContext,
): OutcomeRow {
	const { target, dest, attempts, failure, ...rest } = outcome;
	const shift = (ms: number) => Math.round(clock.toShared(ms) * 1000) / 1000;
	return present({
		...{ offset, ...shiftTimes(rest, shift) },
		dest: dest === target.dest ? undefined : safeRelativePath(dest, outputDir),
		failure: failure && { ...failure, causes: [...failure.causes] },
		attempts: attempts?.map((one) => shiftTimes(one, shift)),
	}) as OutcomeRow;
}

/** Converts an outcome to the paths and the clock of this process. */
export function fromRow(
	row: OutcomeRow,
	target: Target,
	{ outputDir, clock }: LocalContext,
): Outcome {
	const { offset: _, dest, attempts, ...rest } = row;
	const shift = (ms: number) => clock.toLocal(ms);
	return {
		...shiftTimes(rest, shift),
		target,
		dest: dest === undefined ? target.dest : join(outputDir, dest),
		...(attempts && {
			attempts: attempts.map((one) => shiftTimes(one as unknown as Attempt, shift)),
		}),
	};
}

const TIME_MEMBERS = [
	'startMs',
	'connectedMs',
	'headersMs',
	'bodyMs',
	'writtenMs',
	'endMs',
] as const;

function shiftTimes<T extends Partial<Record<(typeof TIME_MEMBERS)[number], number>>>(
	one: T,
	shift: (ms: number) => number,
): T {
	const times = TIME_MEMBERS.flatMap((time) =>
		one[time] === undefined ? [] : [[time, shift(one[time])] as const],
	);
	return { ...one, ...Object.fromEntries(times) };
}

/** Deflated JSON: 20 to 30 bytes per outcome. */
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
