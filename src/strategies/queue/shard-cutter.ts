import { createHash } from 'node:crypto';
import type { WireTarget } from '../../schema/wire-target.ts';
import type { Target, Targets } from '../../targets/target.ts';
import { toWire } from './wire/shard.ts';

/** A piece of the list, in the order of the list. */
export interface CutShard {
	/** From 0. */
	readonly number: number;
	readonly targets: readonly Target[];
	readonly wire: readonly WireTarget[];
	readonly digest: string;
}

/** Cuts a stream of targets into shards of one size, as they are asked for. */
export class ShardCutter {
	readonly #source: AsyncIterator<Target, unknown> | Iterator<Target, unknown>;
	readonly #size: number;
	readonly #outputDir: string;
	#begun: Target[] = [];
	#pulling: Promise<CutShard | undefined> | undefined;
	/** Shards that have been cut. */
	count = 0;
	isExhausted = false;

	constructor(targets: Targets, size: number, outputDir: string) {
		this.#source =
			Symbol.asyncIterator in targets
				? targets[Symbol.asyncIterator]()
				: targets[Symbol.iterator]();
		this.#size = size;
		this.#outputDir = outputDir;
	}

	/**
	 * @returns Undefined after the last.
	 * @throws What the source throws; `UsageError` where a worker would refuse a target.
	 */
	async next(): Promise<CutShard | undefined> {
		this.#pulling ??= this.#cut();
		try {
			return await this.#pulling;
		} finally {
			this.#pulling = undefined;
		}
	}

	async #cut(): Promise<CutShard | undefined> {
		while (this.#begun.length < this.#size && !this.isExhausted) {
			const next = await this.#source.next();
			if (next.done === true) {
				this.isExhausted = true;
			} else {
				this.#begun.push(next.value);
			}
		}
		if (this.#begun.length === 0) {
			return undefined;
		}
		const targets = this.#begun;
		const wire = targets.map((target) => toWire(target, this.#outputDir));
		this.#begun = [];
		this.count += 1;
		return { number: this.count - 1, targets, wire, digest: digestOf(wire) };
	}

	/** What is left of the list, one by one. */
	async *rest(): AsyncGenerator<Target> {
		// A shard that is being cut belongs to no one yet.
		const cut = await this.#pulling?.catch(() => undefined);
		yield* cut?.targets ?? [];
		yield* this.#begun.splice(0);
		while (!this.isExhausted) {
			const next = await this.#source.next();
			if (next.done === true) {
				this.isExhausted = true;
			} else {
				yield next.value;
			}
		}
	}

	/** Nothing more is wanted: a source that is busy is not waited for. */
	async close(): Promise<void> {
		if (this.isExhausted) {
			return;
		}
		this.isExhausted = true;
		const closed = Promise.resolve(this.#source.return?.());
		if (this.#pulling === undefined) {
			await closed;
		} else {
			closed.catch(() => {});
		}
	}
}

function digestOf(targets: readonly WireTarget[]): string {
	return createHash('sha1').update(JSON.stringify(targets)).digest('hex').slice(0, 12);
}
