import { UsageError } from '../../util/usage-error.ts';

/** A scenario that cannot be used, and where: exit code 2. */
export class ScenarioError extends UsageError {
	/** JSON pointer (RFC 6901); empty for the document itself. */
	readonly pointer: string;

	static {
		Object.defineProperty(ScenarioError.prototype, 'name', { value: 'ScenarioError' });
	}

	/** @param complaint - What was found, what is allowed, and what to do. */
	constructor(pointer: string, complaint: string) {
		super(`${pointer === '' ? 'the document' : pointer}: ${complaint}`);
		this.pointer = pointer;
	}
}

/** How a value of the document is shown in a complaint: as JSON, and not all of it. */
export function show(value: unknown): string {
	const json = value === undefined ? 'nothing' : JSON.stringify(value);
	return json.length <= 60 ? json : `${json.slice(0, 57)}…`;
}
