import type { Reporter, Summary } from '../../events/run-event.ts';
import { countMissing } from '../../events/summary.ts';
import { codeOfError } from '../code-of-error.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { Interrupted } from '../io.ts';

export interface Ending {
	readonly summary: Summary;
	/** What escaped from the run. */
	readonly crash?: Error | undefined;
	/** Why `io.interrupted` was aborted, if it was. */
	readonly interruption?: unknown;
	/** Codes of the failures of all the targets. */
	readonly codes: ReadonlySet<string>;
}

/** What no target can be written with, or asked for. */
const MACHINE_FAILURES = new Set([
	'EACCES',
	'EPERM',
	'EROFS',
	'ENOSPC',
	'EDQUOT',
	'ENOTDIR',
	'EIO',
	'EMFILE',
	'ENFILE',
]);

/** Where several apply: interrupted, a bug, could not go on, incomplete. */
export function exitCodeOf({ summary, crash, interruption, codes }: Ending): ExitCode {
	if (interruption instanceof Interrupted) {
		return interruption.exitCode;
	}
	if (crash !== undefined || interruption !== undefined) {
		return codeOfError(crash ?? interruption);
	}

	const { ok, unchanged, skipped } = summary.totals;
	if (
		ok + unchanged + skipped === 0 &&
		codes.size > 0 &&
		[...codes].every((code) => MACHINE_FAILURES.has(code))
	) {
		return EXIT.cannotRun;
	}
	return countMissing(summary.totals) === 0 ? EXIT.ok : EXIT.incomplete;
}

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
