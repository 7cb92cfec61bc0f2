import { createHash } from 'node:crypto';
import { endedOutcome, type Outcome } from '../../download/outcome.ts';
import { BadMessage, check } from '../../schema/message.ts';
import type { WireTarget } from '../../schema/shard.ts';
import { type OutcomeRow, shardResult } from '../../schema/shard.ts';
import type { Target, Targets } from '../../targets/target.ts';
import { fromRow, type Side, toWire, unpackRows } from './wire/shard.ts';

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

/** A worker has had other targets under this number. */
export class AnotherShard extends BadMessage {}

/** A shard of which not every outcome is there. What came of a target once counts, whatever comes later. */
export class OpenShard {
	readonly cut: CutShard;
	/** What has come, by the place in the shard. */
	readonly #rows = new Map<number, OutcomeRow>();
	/** When something was last heard of it, in milliseconds of `performance.now()`. */
	newsMs: number;
	timesAdded = 0;
	readonly #side: Side;

	constructor(cut: CutShard, newsMs: number, side: Side) {
		this.cut = cut;
		this.newsMs = newsMs;
		this.#side = side;
	}

	/**
	 * The outcomes in what a worker has sent, and who it is.
	 *
	 * @throws {BadMessage} When it is nothing of this shard; `AnotherShard` if it is that of other targets.
	 */
	read(value: unknown): { readonly rows: OutcomeRow[]; readonly worker: string } {
		const { digest, worker, outcomes } = check(shardResult, value, 'result');
		if (digest !== this.cut.digest) {
			throw new AnotherShard('result: found the digest of other targets');
		}
		return { rows: unpackRows(outcomes), worker };
	}

	/** @returns What is new of the outcomes. */
	take(rows: readonly OutcomeRow[]): Outcome[] {
		return rows.flatMap((row) => {
			const target = this.cut.targets[row.offset];
			if (target === undefined || this.#rows.has(row.offset)) {
				return [];
			}
			this.#rows.set(row.offset, row);
			return [fromRow(row, target, this.#side)];
		});
	}

	get rows(): OutcomeRow[] {
		return [...this.#rows.values()];
	}

	get isWhole(): boolean {
		return this.#rows.size === this.cut.targets.length;
	}

	missing(): Target[] {
		return this.cut.targets.filter((_, offset) => !this.#rows.has(offset));
	}

	/** Errors for all that is missing. */
	giveUp(code: 'shard_failed' | 'outcome_lost', reason: string): Outcome[] {
		const message =
			code === 'shard_failed' ? 'the shard of this target failed' : 'no outcome came of it';
		const isPoison = reason.includes('stalled more than');
		const causes = [isPoison ? 'it has ended 3 workers' : reason.slice(0, 1000)];
		const failure = { code, message, causes };
		return this.missing().map((target) => endedOutcome(target, 'error', { failure }));
	}
}
