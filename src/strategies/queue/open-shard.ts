import { endedOutcome, type Outcome } from '../../download/outcome.ts';
import { BadMessage, checkJson } from '../../schema/message.ts';
import { type OutcomeRow, shardResult } from '../../schema/shard.ts';
import type { Target } from '../../targets/target.ts';
import { type CutShard, fromRow, type Side, unpackRows } from './shard.ts';

/** A shard of which not every outcome is there. What came of a target once counts, whatever comes later. */
export class OpenShard {
	readonly cut: CutShard;
	timesAdded = 0;
	/** What has come, by the place in the shard. */
	readonly #rows = new Map<number, OutcomeRow>();
	readonly #side: Side;
	#heard: string | undefined;

	constructor(cut: CutShard, side: Side) {
		this.cut = cut;
		this.#side = side;
	}

	/**
	 * The outcomes in what a worker has sent, and who it is; undefined if it says what it said before.
	 *
	 * @throws {BadMessage} When it is nothing of this shard.
	 */
	read(json: string): { readonly rows: OutcomeRow[]; readonly worker: string } | undefined {
		if (json === this.#heard) {
			return undefined;
		}
		this.#heard = json;
		const { digest, worker, outcomes } = checkJson(shardResult, json, 'result');
		if (digest !== this.cut.digest) {
			throw new BadMessage('result: found the digest of other targets');
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
