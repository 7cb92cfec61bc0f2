/** Why a run ends before its last target, other than by a signal. */
export class Stopped extends Error {
	readonly code: 'deadline' | 'fail_early';

	static {
		Object.defineProperty(Stopped.prototype, 'name', { value: 'Stopped' });
	}

	constructor(code: 'deadline' | 'fail_early', message: string) {
		super(message);
		this.code = code;
	}
}
