import { Aborted, deferred, unlessAborted } from '../../util/promises.ts';

/** Shorter ones have no middle. */
export const HELD_BYTES_MIN = 2;

/**
 * Stops every body at its middle until it is released, so that a client can be examined while all of
 * its downloads are half done. Used once.
 */
export class BodyHold {
	readonly #begun = deferred<undefined>();
	readonly #released = deferred<undefined>();
	/** Resolves when the first body has stopped. */
	readonly begun: Promise<undefined> = this.#begun.promise;
	isReleased = false;
	/** How many bodies have stopped so far. */
	held = 0;

	/** Resolves when it is released, or at once when the signal is aborted. */
	async wait(signal: AbortSignal): Promise<void> {
		if (this.isReleased) {
			return;
		}
		this.held += 1;
		this.#begun.resolve(undefined);
		try {
			await unlessAborted(signal, this.#released.promise);
		} catch (error) {
			if (!(error instanceof Aborted)) {
				throw error;
			}
		}
	}

	release(): void {
		this.isReleased = true;
		this.#released.resolve(undefined);
	}
}
