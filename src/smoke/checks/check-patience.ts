import { type Expected, rulesOf } from '../expected.ts';
import type { Finding } from '../finding.ts';
import type { Observation } from '../observation.ts';

/** Between the clocks of two processes. */
const TOLERANCE_MS = 50;

/** Whether a client that was asked to wait by `Retry-After` did. */
export function checkPatience({ planned }: Expected, { requests }: Observation): Finding[] {
	const seen = requests.filter(({ path }) => path === planned.path);
	return planned.attempts.flatMap(({ number, waitMs }): Finding[] => {
		const refusal = seen.find(({ attempt }) => attempt === number);
		const next = seen.find(({ attempt }) => attempt === number + 1);
		if (waitMs === undefined || refusal === undefined || next === undefined) {
			return [];
		}

		const waitedMs = next.time - refusal.time - (refusal.servedMs ?? 0);
		if (waitedMs >= waitMs - TOLERANCE_MS) {
			return [];
		}
		return [
			{
				check: 'retry_after',
				target: planned.id,
				rules: rulesOf(planned),
				message: `asked again after ${Math.round(waitedMs)} ms; the server had asked for ${waitMs} ms (Retry-After)`,
			},
		];
	});
}
