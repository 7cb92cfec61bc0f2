/**
 * Bad input, found before the first request: exit code 2.
 *
 * The message names the option, line or file, what was found, what is allowed and what to do.
 */
export class UsageError extends Error {
	static {
		Object.defineProperty(UsageError.prototype, 'name', { value: 'UsageError' });
	}
}

/** The command could not begin, or not go on: exit code 4. The message says what to do about it. */
export class CannotRunError extends Error {
	static {
		Object.defineProperty(CannotRunError.prototype, 'name', { value: 'CannotRunError' });
	}
}

/** What the operating system refused: a full disk, a missing directory, no descriptor left. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
	return error instanceof Error && 'syscall' in error && 'code' in error;
}

/**
 * What the system says, in words: `no such file or directory`. Its call and the absolute path, which
 * the user has not written, are left out.
 */
export function systemReason(error: unknown): string {
	const { message } = error as Error;
	if (isCode(error, 'EISDIR')) {
		return 'it is a directory';
	}
	if (message.includes('uv_cwd')) {
		return 'the working directory has been removed';
	}
	return /(?:^|\s)E[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
}

/** Whether a system call failed with this code. */
export function isCode(error: unknown, code: string): boolean {
	return error instanceof Error && 'code' in error && error.code === code;
}

/** @throws The failure, or an `AggregateError` where there are several. */
export function throwAll(failures: readonly unknown[]): void {
	if (failures.length > 1) {
		throw new AggregateError(failures);
	}
	if (failures.length === 1) {
		throw failures[0];
	}
}

const MOST_SHOWN = 20;

/** Collects what is wrong with an input, so that all of it is told at once and nothing is held. */
export class Problems {
	#count = 0;
	readonly #shown: string[] = [];

	/** @param where - `list.txt:14`. */
	add(where: string, problem: string): void {
		this.#count += 1;
		if (this.#shown.length < MOST_SHOWN) {
			this.#shown.push(`${where}: ${problem}`);
		}
	}

	/**
	 * @param count - How many there are, where that is known better.
	 * @throws {UsageError} With every problem up to the twentieth, and how many there are.
	 */
	throwIfAny(count: number = this.#count): void {
		if (this.#count === 0) {
			return;
		}

		const all = Math.max(count, this.#count);
		const more = all - this.#shown.length;
		const last =
			more > 0
				? [`… and ${more.toLocaleString('en')} more (${all.toLocaleString('en')} in all)`]
				: [];
		throw new UsageError([...this.#shown, ...last].join('\n'));
	}
}
