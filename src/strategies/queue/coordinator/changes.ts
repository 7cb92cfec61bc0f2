/** Wakes who waits for something to be true, whenever something has changed. */
export class Changes {
	readonly #waiting = new Set<() => void>();

	happened(): void {
		for (const wake of [...this.#waiting]) {
			wake();
		}
	}

	/** Resolves when the condition holds. @returns False where it was aborted first. */
	async until(condition: () => boolean, signal: AbortSignal): Promise<boolean> {
		while (!condition()) {
			if (signal.aborted) {
				return false;
			}
			await new Promise<void>((resolve) => {
				const wake = () => {
					this.#waiting.delete(wake);
					signal.removeEventListener('abort', wake);
					resolve();
				};
				this.#waiting.add(wake);
				signal.addEventListener('abort', wake, { once: true });
			});
		}
		return !signal.aborted;
	}
}
