/** The command could not begin, or not go on: exit code 4. The message says what to do about it. */
export class CannotRunError extends Error {
	static {
		Object.defineProperty(CannotRunError.prototype, 'name', { value: 'CannotRunError' });
	}
}
