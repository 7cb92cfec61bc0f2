import { nowMs, type Outcome } from '../../../download/outcome.ts';
import type { Target } from '../../../targets/target.ts';

/** The outcome of a target that nobody has worked on. */
export function ended(
	target: Target,
	status: 'error' | 'cancelled',
	failure: NonNullable<Outcome['failure']>,
): Outcome {
	const atMs = nowMs();
	return {
		target,
		status,
		dest: target.dest,
		bytes: 0,
		requests: 0,
		retries: 0,
		startMs: atMs,
		endMs: atMs,
		failure,
	};
}
