import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { countMissing, type Reporter, type Summary } from '../../events/run-event.ts';
import type { Strategy } from '../../strategies/strategy.ts';
import type { Target, Targets } from '../../targets/target.ts';
import { codeOfError, EXIT, type ExitCode, Interrupted } from '../exit-code.ts';
import type { GetFlags } from './options.ts';

/** Everything that can end a run before its last target. */
export interface Stop {
	readonly signal: AbortSignal;
	/** Wraps the strategy for `--fail-early`. */
	applyTo(strategy: Strategy): Strategy;
	/** Ends the run if the disk is full. @param path - A file that could not be written. */
	ifFull(path: string): void;
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
		ifFull(path) {
			if (isFull(dirname(path))) {
				stop.abort(new Stopped('disk_full', 'stopped: the disk is full'));
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
const NO_ROOM_BYTES = 65_536;

/** Whether the disk is full, and not merely too small for one file. */
function isFull(directory: string): boolean {
	try {
		const { bavail, bsize, files, ffree } = statfsSync(directory);
		return bavail * bsize < NO_ROOM_BYTES || (files > 0 && ffree === 0);
	} catch {
		return false;
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
	let untaken: Target | undefined;

	// Not a generator, which would cost two more promises for each target.
	const next = async (): Promise<IteratorResult<Target, undefined>> => {
		if (untaken !== undefined) {
			return END;
		}
		pending = iterator.next();
		const found = await pending;
		pending = undefined;
		if (found.done === true) {
			return END;
		}
		if (signal.aborted) {
			untaken = found.value;
			return END;
		}
		return found;
	};

	async function* rest(): AsyncGenerator<Target, void, undefined> {
		// The signal may have aborted while the next target was being read.
		await pending;
		if (untaken !== undefined) {
			yield untaken;
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
	...['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EIO'],
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

/** @param onNoSpace - Called with the path of each file that failed with `ENOSPC`. */
export function failureCodes(
	onNoSpace: (path: string) => void,
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
			if (failure?.code === 'ENOSPC') {
				onNoSpace(dest);
			}
		},
	};
}
