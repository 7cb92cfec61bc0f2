import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../download/options.ts';
import { nowMs, type Outcome } from '../download/outcome.ts';
import { addOutcome, countAll, emptySum, type Totals } from '../events/run-event.ts';
import { strategies } from '../strategies/index.ts';
import type { LocalStrategyName } from '../strategies/names.ts';
import { present } from '../util/members.ts';
import { check, downloadSettings } from './settings.ts';
import { inLowerCase, type TargetInputs, TargetReader } from './targets.ts';

/** How to download. Defaults are those of the command line. */
export interface DownloadSettings extends Partial<DownloadOptions> {
	/** Directory for targets without a `dest`, and base of a relative `dest`; created if needed.
	 * @defaultValue the working directory */
	readonly dir?: string;
	/** @defaultValue `async` */
	readonly strategy?: LocalStrategyName;
	/** Requests in flight at once.
	 * @defaultValue 16 */
	readonly concurrency?: number;
	/** Worker threads of the strategy `threads`.
	 * @defaultValue the number of cores, never more than `concurrency` */
	readonly threads?: number;
	/** Ends the run: targets without an outcome become `cancelled`. */
	readonly signal?: AbortSignal;
	/** Called after each outcome. An exception ends the run. */
	readonly onProgress?: (progress: DownloadProgress) => void;
}

/** Progress of a run. */
export interface DownloadProgress {
	/** Targets with an outcome, of any status. */
	readonly done: number;
	/** Number of targets: known at once for an array, otherwise undefined until the source has ended. */
	readonly total: number | undefined;
	/** Total size of the saved files. */
	readonly bytes: number;
	/** Average since the start. */
	readonly bytesPerSecond: number;
}

/** Result of a run. */
export interface DownloadResult {
	/** Number of targets by status. */
	readonly totals: Totals;
	/** In order of completion. */
	readonly outcomes: readonly Outcome[];
}

/** A run that starts when it is awaited or iterated; it cannot be both. */
export interface Download
	extends AsyncGenerator<Outcome, void, undefined>,
		Promise<DownloadResult> {}

/**
 * Downloads files. Await it for the outcomes of all of them, or iterate it for each outcome in order of
 * completion; when iterated, it keeps no outcome in memory.
 *
 * A failed download is an outcome, not an exception. Targets are pulled on demand, so the source may be
 * infinite. A `break`, or an aborted signal, cancels the requests in flight.
 *
 * @param targets - URLs, or targets with further members.
 * @throws {TypeError} If the settings or a target are invalid; lists every problem.
 * @throws {RangeError} If a `dest` contains a name that is reserved for flagdl: `.flagdl`,
 *   `.flagdl-state.json`, `.flagdl-worker`.
 *
 * @example
 * ```ts
 * const { totals } = await download(urls, { dir: 'images' });
 *
 * for await (const { target, status, failure } of download(targets, { concurrency: 32 })) {
 *   console.log(target.id, status, failure?.message ?? '');
 * }
 * ```
 */
export function download(targets: TargetInputs, settings: DownloadSettings = {}): Download {
	return new DownloadRun(targets, settings);
}

class DownloadRun implements Download {
	readonly [Symbol.toStringTag] = 'Download';
	readonly #closed = new AbortController();
	readonly #outcomes: AsyncGenerator<Outcome, void, undefined>;
	#isIterated = false;
	#result: Promise<DownloadResult> | undefined;

	constructor(targets: unknown, settings: unknown) {
		this.#outcomes = outcomesOf(targets, settings, this.#closed);
	}

	async next(): Promise<IteratorResult<Outcome, void>> {
		if (this.#result !== undefined) {
			throw new TypeError('this download is awaited; to iterate, call download() once more');
		}
		this.#isIterated = true;
		return await this.#outcomes.next();
	}

	async return(): Promise<IteratorResult<Outcome, void>> {
		this.#close();
		return await this.#outcomes.return();
	}

	async throw(error: unknown): Promise<IteratorResult<Outcome, void>> {
		this.#close();
		return await this.#outcomes.throw(error);
	}

	/** Ends a pending `next()`, after which the generator handles `return()` and `throw()`. */
	#close(): void {
		this.#isIterated = true;
		this.#closed.abort();
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.return();
	}

	// biome-ignore lint/suspicious/noThenProperty: a download is meant to be awaited.
	then<Result = DownloadResult, Failed = never>(
		onResult?: ((result: DownloadResult) => Result | PromiseLike<Result>) | null,
		onError?: ((error: unknown) => Failed | PromiseLike<Failed>) | null,
	): Promise<Result | Failed> {
		return this.#whole().then(onResult, onError);
	}

	catch<Failed = never>(
		onError?: ((error: unknown) => Failed | PromiseLike<Failed>) | null,
	): Promise<DownloadResult | Failed> {
		return this.#whole().catch(onError);
	}

	finally(onEnd?: (() => void) | null): Promise<DownloadResult> {
		return this.#whole().finally(onEnd);
	}

	#whole(): Promise<DownloadResult> {
		this.#result ??= this.#isIterated
			? Promise.reject(
					new TypeError('this download is iterated; to await it, call download() once more'),
				)
			: collect(this.#outcomes);
		return this.#result;
	}
}

async function collect(source: AsyncIterable<Outcome>): Promise<DownloadResult> {
	const sum = emptySum();
	const outcomes: Outcome[] = [];
	for await (const outcome of source) {
		addOutcome(sum, outcome);
		outcomes.push(outcome);
	}
	return { totals: sum.totals, outcomes };
}

async function* outcomesOf(
	targets: unknown,
	settings: unknown,
	closed: AbortController,
): AsyncGenerator<Outcome, void, undefined> {
	const isObject = typeof settings === 'object' && settings !== null && !Array.isArray(settings);
	const wanted: unknown = isObject ? present(settings) : settings;
	check('settings', downloadSettings, wanted);
	const {
		strategy = 'async',
		concurrency = 16,
		threads,
		dir,
		signal,
		...others
	} = wanted as DownloadSettings;
	const { onProgress, ...options } = others;
	const either = signal === undefined ? closed.signal : AbortSignal.any([signal, closed.signal]);
	const reader = new TargetReader(targets, resolve(dir ?? ''), either);
	const outcomes = strategies[strategy](reader.targets(), {
		options: { ...DEFAULT_OPTIONS, ...options, headers: inLowerCase(options.headers ?? {}) },
		concurrency,
		threads: Math.min(threads ?? availableParallelism(), concurrency),
		signal: either,
		...(dir !== undefined && { outputDir: resolve(dir) }),
	});
	const report = onProgress && progressOf(reader, onProgress);
	for await (const outcome of withRefused(outcomes, reader)) {
		let isClosed = true;
		try {
			report?.(outcome);
			yield outcome;
			isClosed = false;
		} finally {
			// Abort first: closing the strategy waits for the requests in flight.
			if (isClosed) {
				closed.abort();
			}
		}
	}
}

/** Adds the outcomes of targets that the reader refused. */
async function* withRefused(
	outcomes: AsyncIterable<Outcome>,
	{ refused }: TargetReader,
): AsyncGenerator<Outcome, void, undefined> {
	for await (const outcome of outcomes) {
		yield* refused.splice(0);
		yield outcome;
	}
	yield* refused.splice(0);
}

function progressOf(
	reader: TargetReader,
	onProgress: (progress: DownloadProgress) => void,
): (outcome: Outcome) => void {
	const startMs = nowMs();
	const sum = emptySum();
	return (outcome) => {
		addOutcome(sum, outcome);
		const { bytes } = sum;
		const done = countAll(sum.totals);
		const bytesPerSecond = (bytes * 1000) / Math.max(1, nowMs() - startMs);
		onProgress({ done, total: reader.total, bytes, bytesPerSecond });
	};
}
