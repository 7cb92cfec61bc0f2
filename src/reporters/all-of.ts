import type { Reporter } from './event.ts';

/** Several reporters as one; they are told in order. */
export function allOf(reporters: readonly Reporter[]): Reporter {
	return {
		on(event) {
			for (const reporter of reporters) {
				reporter.on(event);
			}
		},
		async close() {
			const closed = await Promise.allSettled(
				reporters.map(async (reporter) => await reporter.close?.()),
			);
			const failed = closed.find((result) => result.status === 'rejected');
			if (failed !== undefined) {
				throw failed.reason;
			}
		},
	};
}
