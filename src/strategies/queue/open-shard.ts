import { endedOutcome, type Outcome } from '../../download/outcome.ts';
import { BadMessage, checkJson } from '../../schema/message.ts';
import { type OutcomeRow, shardResult } from '../../schema/shard.ts';
import type { Target } from '../../targets/target.ts';
import { type CutShard, fromRow, type LocalContext, unpackRows } from './shard.ts';

/** A shard with outcomes missing. The first outcome of a target counts; later ones are ignored. */
export class OpenShard {
	readonly cut: CutShard;
	requeues = 0;
	/** Outcomes so far, by offset in the shard. */
	readonly #rows = new Map<number, OutcomeRow>();
	readonly #local: LocalContext;
	readonly #unseal: (sealed: string) => string;
	#lastMessage: string | undefined;

	/** @param unseal - Opens what workers of the run have sealed for this shard. */
	constructor(cut: CutShard, local: LocalContext, unseal: (sealed: string) => string) {
		this.cut = cut;
		this.#local = local;
		this.#unseal = unseal;
	}

	/**
	 * Parses a message of a worker.
	 *
	 * @returns Undefined if it equals the previous message.
	 * @throws {BadMessage} If it is invalid, or not for this shard.
	 */
	parse(json: string): { readonly rows: OutcomeRow[]; readonly worker: string } | undefined {
		if (json === this.#lastMessage) {
			return undefined;
		}
		this.#lastMessage = json;
		const { digest, worker, outcomes } = checkJson(shardResult, json, 'result');
		if (digest !== this.cut.digest) {
			throw new BadMessage('result: found the digest of other targets');
		}
		return { rows: outcomes === undefined ? [] : this.#unpack(outcomes), worker };
	}

	#unpack(sealed: string): OutcomeRow[] {
		try {
			return unpackRows(this.#unseal(sealed));
		} catch (cause) {
			throw new BadMessage('result: the outcomes were not sealed by a worker of the run', {
				cause,
			});
		}
	}

	/** @returns The new outcomes. */
	add(rows: readonly OutcomeRow[]): Outcome[] {
		return rows.flatMap((row) => {
			const target = this.cut.targets[row.offset];
			if (target === undefined || this.#rows.has(row.offset)) {
				return [];
			}
			this.#rows.set(row.offset, row);
			return [fromRow(row, target, this.#local)];
		});
	}

	get rows(): OutcomeRow[] {
		return [...this.#rows.values()];
	}

	get isComplete(): boolean {
		return this.#rows.size === this.cut.targets.length;
	}

	missing(): Target[] {
		return this.cut.targets.filter((_, offset) => !this.#rows.has(offset));
	}

	/**
	 * @param reason - Of a failed job; absent if its result is useless.
	 * @returns An `error` outcome for each missing target.
	 */
	failMissing(reason: string | undefined): Outcome[] {
		const failure =
			reason === undefined
				? { code: 'outcome_lost', message: 'no outcome came of it', causes: [] }
				: {
						...{ code: 'shard_failed', message: 'the shard of this target failed' },
						causes: [reason.slice(0, 1000)],
					};
		return this.missing().map((target) => endedOutcome(target, 'error', { failure }));
	}
}
