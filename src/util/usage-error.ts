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
