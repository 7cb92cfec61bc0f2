/** What Redis says when it is full, may not write, or does not know the user or the key. */
const REFUSAL = /^(OOM|MISCONF|READONLY|NOREPLICAS|CLUSTERDOWN|MOVED|ASK|NOPERM|NOAUTH|WRONGPASS) /;

/** @returns Undefined where the error is none of these: then it is a bug. */
export function refusalOf(error: unknown): string | undefined {
	if (!(error instanceof Error)) {
		return undefined;
	}
	// A transaction fails because of what it was made of.
	const { previousErrors = [] } = error as { previousErrors?: readonly Error[] };
	const found = [error, ...previousErrors].find(({ message }) => REFUSAL.test(message));
	return found && firstWords(found.message);
}

/** Answers that no further try will change. */
export function isFinal(message: string): boolean {
	return /^(NOAUTH|WRONGPASS|NOPERM|DENIED|ERR (invalid password|AUTH|DB index|Client sent AUTH))/.test(
		message,
	);
}

export function firstWords(message: string): string {
	return message.split('\n')[0]?.slice(0, 60) ?? '';
}
