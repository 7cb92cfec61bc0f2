import { endedOutcome, type Outcome } from '../../../download/outcome.ts';
import type { Target } from '../../../targets/target.ts';
import { sizeOf } from './directory.ts';

/**
 * What this run has made is done, whatever `--if-exists` says of files that were there before.
 *
 * A worker that is killed has files that nobody has heard of; one that is only slow goes on making
 * some. To the next worker both look like files that were always there. They were not, where they
 * were missing when the run first came to the directory.
 */
export function madeBefore(target: Target): Outcome {
	return endedOutcome(target, 'ok', { bytes: sizeOf(target.dest) ?? 0 });
}

/** @param wasThere - Whether the file was there when the run first came to it. */
export function asMade(outcome: Outcome, wasThere: boolean): Outcome {
	const isFound = outcome.status === 'skipped' || outcome.failure?.code === 'file_exists';
	if (wasThere || !isFound) {
		return outcome;
	}
	const { failure: _, ...rest } = outcome;
	return { ...rest, status: 'ok', bytes: sizeOf(outcome.dest) ?? 0 };
}
