import { formatCount } from './units.ts';

/**
 * Bad input, found before the first request: exit code 2.
 *
 * The message names the option, line or file, what was found, what is allowed, and what to do.
 */
export class UsageError extends Error {
	static {
		Object.defineProperty(UsageError.prototype, 'name', { value: 'UsageError' });
	}
}

/** The command cannot start or continue: exit code 4. The message says what to do about it. */
export class CannotRunError extends Error {
	static {
		Object.defineProperty(CannotRunError.prototype, 'name', { value: 'CannotRunError' });
	}
}

/** Error codes of file systems that may concern a whole directory or disk, not just one file. */
export const DIRECTORY_FAILURES: readonly string[] = [
	'EACCES',
	'EPERM',
	'EROFS',
	'ENOSPC',
	'EDQUOT',
	'ENOTDIR',
	'EIO',
];

/** Whether the operating system refused: a full disk, a missing directory, no descriptor left. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
	return error instanceof Error && 'syscall' in error && 'code' in error;
}

/**
 * The message of a system error: `no such file or directory`. Omits the system call, and the absolute path,
 * which the user did not write.
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

/** @throws The failure, or an `AggregateError` if there are several. */
export function throwAll(failures: readonly unknown[]): void {
	if (failures.length > 1) {
		throw new AggregateError(failures);
	}
	if (failures.length === 1) {
		throw failures[0];
	}
}

const MAX_SHOWN = 20;

/** Collects the problems of an input, so that they are reported together; keeps only the first ones. */
export class Problems {
	#count = 0;
	readonly #shown: string[] = [];

	/** @param where - `list.txt:14`. */
	add(where: string, problem: string): void {
		this.#count += 1;
		if (this.#shown.length < MAX_SHOWN) {
			this.#shown.push(`${where}: ${problem}`);
		}
	}

	/**
	 * @param count - Number of problems, if the caller knows it better.
	 * @throws {UsageError} With up to twenty problems, and their number.
	 */
	throwIfAny(count: number = this.#count): void {
		if (this.#count === 0) {
			return;
		}

		const all = Math.max(count, this.#count);
		const more = all - this.#shown.length;
		const last = more > 0 ? [`… and ${formatCount(more)} more (${formatCount(all)} in all)`] : [];
		throw new UsageError([...this.#shown, ...last].join('\n'));
	}
}
