import type { Surroundings } from './surroundings.ts';

/**
 * Answers of one origin since its last refusal. They are counted here and added up in Redis now and
 * then: what an origin bears is what it has answered to all machines together.
 */
export class AnswerCount {
	readonly #origin: string;
	readonly #around: Pick<Surroundings, 'refusals' | 'clock'>;
	readonly #onFirst: () => void;
	#answers = 0;
	#epoch = 0;
	/** When the first was asked for, in milliseconds of `performance.now()`. */
	#sinceMs: number | undefined;

	/** @param onFirst - Called when there is something to write down, and was nothing before. */
	constructor(
		origin: string,
		around: Pick<Surroundings, 'refusals' | 'clock'>,
		onFirst: () => void,
	) {
		this.#origin = origin;
		this.#around = around;
		this.#onFirst = onFirst;
	}

	asked(): void {
		this.#sinceMs ??= performance.now();
	}

	add(answers: number, sinceMs: number): void {
		if (this.#answers === 0) {
			this.#onFirst();
		}
		this.#answers += answers;
		this.#sinceMs ??= sinceMs;
	}

	/** Begins to count anew, from the end of the pause; what was counted before is written down. */
	async begin(epoch: number, sinceMs: number): Promise<void> {
		const written = this.flush();
		this.#epoch = epoch;
		this.#sinceMs = sinceMs;
		await written;
	}

	async flush(): Promise<void> {
		if (this.#answers === 0) {
			return;
		}
		const answers = this.#answers;
		this.#answers = 0;
		const { refusals, clock } = this.#around;
		const sinceMs = clock.toShared((this.#sinceMs ?? 0) + performance.timeOrigin);
		await refusals.count(this.#origin, this.#epoch, answers, sinceMs);
	}
}
