import type { Outcome } from '../../../download/outcome.ts';
import type { Target } from '../../../targets/target.ts';
import type { SharedClock } from '../redis/clock.ts';
import { ownOutcome, type WireOutcome } from '../wire/outcome-batch.ts';
import type { CutShard } from './shard-cutter.ts';

/** A shard of which not every outcome is there. */
export interface Account {
	readonly shard: CutShard;
	/** By place; undefined where the outcome has been handed on. */
	readonly missing: (Target | undefined)[];
	missingCount: number;
	/** When something was last heard of it, in milliseconds of `performance.now()`. */
	newsMs: number;
	/** How often in a row its job was not to be found. */
	timesGone: number;
	/** Whether its job was lost and has been added again. */
	isAddedAgain: boolean;
}

/** Who is still missing. Each target has one outcome, however often it is reported. */
export class Ledger {
	readonly #open = new Map<number, Account>();
	readonly #side: { readonly directory: string; readonly clock: SharedClock };

	constructor(outputDir: string, clock: SharedClock) {
		this.#side = { directory: outputDir, clock };
	}

	get size(): number {
		return this.#open.size;
	}

	accounts(): readonly Account[] {
		return [...this.#open.values()];
	}

	get(shard: number): Account | undefined {
		return this.#open.get(shard);
	}

	open(shard: CutShard): Account {
		const account: Account = {
			shard,
			missing: [...shard.targets],
			missingCount: shard.targets.length,
			newsMs: performance.now(),
			timesGone: 0,
			isAddedAgain: false,
		};
		this.#open.set(shard.number, account);
		return account;
	}

	/** Takes what a worker reports. @returns What is new of it. */
	take(account: Account, reported: readonly WireOutcome[]): Outcome[] {
		const news: Outcome[] = [];
		for (const outcome of reported) {
			const target = account.missing[outcome.offset];
			if (target === undefined) {
				continue;
			}
			news.push(ownOutcome(outcome, target, this.#side));
			account.missing[outcome.offset] = undefined;
		}
		account.newsMs = performance.now();
		account.timesGone = 0;
		this.#settled(account, news.length);
		return news;
	}

	/** Ends what is missing of a shard. */
	giveUp(account: Account, end: (target: Target) => Outcome): Outcome[] {
		const ended: Outcome[] = [];
		for (const target of account.missing) {
			if (target !== undefined) {
				ended.push(end(target));
			}
		}
		account.missing.fill(undefined);
		this.#settled(account, ended.length);
		return ended;
	}

	#settled(account: Account, targets: number): void {
		account.missingCount -= targets;
		if (account.missingCount === 0) {
			this.#open.delete(account.shard.number);
		}
	}
}
