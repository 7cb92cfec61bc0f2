import { randomUUID } from 'node:crypto';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { countMissing, type Reporter, type Summary } from '../../events/run-event.ts';
import type { Strategy } from '../../strategies/strategy.ts';
import type { Target, Targets } from '../../targets/target.ts';
import { DIRECTORY_FAILURES, isCode } from '../../util/errors.ts';
import { codeOfError, EXIT, type ExitCode, Interrupted } from '../exit-code.ts';
import type { GetFlags } from './options.ts';

/** Everything that can end a run before its last target. */
export interface Stop {
	readonly signal: AbortSignal;
	/** Wraps the strategy for `--fail-early`. */
	applyTo(strategy: Strategy): Strategy;
	/**
	 * Ends the run if there is no room for another file.
	 *
	 * @param path - A file that could not be written.
	 * @param code - Why: `ENOSPC` or `EDQUOT`.
	 */
	abortIfFull(path: string, code: string): void;
	close(): void;
}

export function openStop({ deadline, failEarly: early }: GetFlags, interrupted: AbortSignal): Stop {
	const stop = new AbortController();
	const end = () =>
		stop.abort(new Stopped('deadline', `stopped after ${Number(deadline) / 1000} s (--deadline)`));
	const timer = deadline === undefined ? undefined : setTimeout(end, deadline);
	return {
		signal: AbortSignal.any([interrupted, stop.signal]),
		applyTo: (strategy) => (early === true ? failEarly(strategy, stop) : strategy),
		abortIfFull(path, code) {
			const directory = dirname(path);
			if (code === 'EDQUOT' ? isQuotaUsedUp(directory) : isDiskFull(directory)) {
				const full = code === 'EDQUOT' ? 'the disk quota is used up' : 'the disk is full';
				stop.abort(new Stopped('disk_full', `stopped: ${full}`));
			}
		},
		close() {
			clearTimeout(timer);
		},
	};
}

/** Why a run ends before its last target, other than by a signal. */
export class Stopped extends Error {
	readonly code: 'deadline' | 'fail_early' | 'disk_full';

	static {
		Object.defineProperty(Stopped.prototype, 'name', { value: 'Stopped' });
	}

	constructor(code: Stopped['code'], message: string) {
		super(message);
		this.code = code;
	}
}

/** A disk with less free space counts as full, though a smaller file might still fit. */
const MIN_FREE_BYTES = 65_536;

/** Whether the disk is full, rather than too small for one particular file. */
function isDiskFull(directory: string): boolean {
	try {
		const { bavail, bsize, files, ffree } = statfsSync(directory);
		return bavail * bsize < MIN_FREE_BYTES || (files > 0 && ffree === 0);
	} catch {
		return false;
	}
}

/** The same for a disk quota, which `statfs` does not report: tries to write a file. */
function isQuotaUsedUp(directory: string): boolean {
	const path = join(directory, `.flagdl-${randomUUID()}`);
	try {
		writeFileSync(path, Buffer.alloc(MIN_FREE_BYTES), { flag: 'wx' });
		return false;
	} catch (error) {
		return isCode(error, 'EDQUOT') || isCode(error, 'ENOSPC');
	} finally {
		rmSync(path, { force: true });
	}
}

/** `--fail-early`: the first failed target ends the run. */
function failEarly(strategy: Strategy, stop: AbortController): Strategy {
	return async function* (targets, context) {
		for await (const outcome of strategy(targets, context)) {
			yield outcome;
			if (outcome.status === 'error' || outcome.status === 'not_found') {
				stop.abort(new Stopped('fail_early', `stopped after ${outcome.target.id} (--fail-early)`));
			}
		}
	};
}

/**
 * A source that ends when the signal aborts. Targets that were not consumed by then can still be listed.
 */
export function stoppableSource(targets: Targets, signal: AbortSignal) {
	const iterator =
		Symbol.asyncIterator in targets ? targets[Symbol.asyncIterator]() : targets[Symbol.iterator]();
	let pending: Promise<IteratorResult<Target>> | IteratorResult<Target> | undefined;
	let firstUnstarted: Target | undefined;

	// Not a generator, which would cost two more promises for each target.
	const next = async (): Promise<IteratorResult<Target, undefined>> => {
		if (firstUnstarted !== undefined) {
			return END;
		}
		pending = iterator.next();
		const found = await pending;
		pending = undefined;
		if (found.done === true) {
			return END;
		}
		if (signal.aborted) {
			firstUnstarted = found.value;
			return END;
		}
		return found;
	};

	async function* rest(): AsyncGenerator<Target, void, undefined> {
		// The signal may have aborted while the next target was being read.
		await pending;
		if (firstUnstarted !== undefined) {
			yield firstUnstarted;
		}
		for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
			yield next.value;
		}
	}

	return { targets: { [Symbol.asyncIterator]: () => ({ next }) }, rest };
}

const END = { done: true, value: undefined } as const;

export interface Ending {
	readonly summary: Summary;
	readonly crashes: readonly Error[];
	readonly interruption?: unknown;
	readonly codes: ReadonlySet<string>;
}

/** Failures that affect every target. */
const MACHINE_FAILURES = new Set([
	...DIRECTORY_FAILURES,
	...['EMFILE', 'ENFILE', 'EFBIG', 'ENOMEM'],
]);

/** Precedence: interrupted, then a bug, cannot run, incomplete. */
export function exitCodeOf({ summary, crashes, interruption, codes }: Ending): ExitCode {
	if (interruption instanceof Interrupted) {
		return interruption.exitCode;
	}
	if (crashes.length > 0 || interruption !== undefined) {
		return codeOfError(crashes.length > 0 ? new AggregateError(crashes) : interruption);
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

/** @param onNoSpace - Called with the path of each file that failed with `ENOSPC` or `EDQUOT`, and the code. */
export function failureCodes(
	onNoSpace: (path: string, code: string) => void,
): Reporter & { readonly codes: ReadonlySet<string> } {
	const codes = new Set<string>();
	return {
		codes,
		on(event) {
			if (event.type !== 'outcome' || event.outcome.status === 'cancelled') {
				return;
			}
			const { failure, dest } = event.outcome;
			if (failure !== undefined) {
				codes.add(failure.code);
			}
			if (failure?.code === 'ENOSPC' || failure?.code === 'EDQUOT') {
				onNoSpace(dest, failure.code);
			}
		},
	};
}
