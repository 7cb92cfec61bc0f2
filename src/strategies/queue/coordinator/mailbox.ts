/** More than this waiting, and whoever sends should wait, too. */
const FULL = 10_000;

/** Hands on what several senders have, in the order in which they have it. */
export class Mailbox<T> {
	#waiting: T[] = [];
	#end: { readonly error?: unknown } | undefined;
	#wakeReader = () => {};
	#wakeSenders: (() => void)[] = [];

	send(items: readonly T[]): void {
		for (const item of items) {
			this.#waiting.push(item);
		}
		this.#wakeReader();
	}

	/** Resolves when there is room for more. */
	async room(): Promise<void> {
		while (this.#waiting.length > FULL && this.#end === undefined) {
			await new Promise<void>((resolve) => this.#wakeSenders.push(resolve));
		}
	}

	/** After what waits, there is nothing more; or an error. */
	close(end: { readonly error?: unknown } = {}): void {
		this.#end ??= end;
		this.#wakeReader();
		for (const wake of this.#wakeSenders.splice(0)) {
			wake();
		}
	}

	/** @throws What it was closed with. */
	async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
		for (;;) {
			while (this.#waiting.length > 0) {
				const items = this.#waiting;
				this.#waiting = [];
				for (const wake of this.#wakeSenders.splice(0)) {
					wake();
				}
				yield* items;
			}
			if (this.#end !== undefined) {
				if ('error' in this.#end) {
					throw this.#end.error;
				}
				return;
			}
			await new Promise<void>((resolve) => {
				this.#wakeReader = resolve;
			});
		}
	}
}
