import type { Reporter } from '../../events/run-event.ts';

/** Collects the code of every failure: the exit code depends on what they have in common. */
export function failureCodes(): Reporter & { readonly codes: ReadonlySet<string> } {
	const codes = new Set<string>();
	return {
		codes,
		on(event) {
			if (event.type === 'outcome' && event.outcome.failure !== undefined) {
				codes.add(event.outcome.failure.code);
			}
		},
	};
}
