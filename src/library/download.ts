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

/** How to download; every member has the default of the command line. */
export interface DownloadSettings extends Partial<DownloadOptions> {
	/** Where URLs without a `dest` are saved, and where a relative `dest` begins; created if it is needed.
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
	/** Ends the run: what is not there yet becomes `cancelled`. */
	readonly signal?: AbortSignal;
	/** Called after each outcome. What it throws ends the run. */
	readonly onProgress?: (progress: DownloadProgress) => void;
}

/** How far a run is. */
export interface DownloadProgress {
	/** Targets that have ended, in whatever way. */
	readonly done: number;
	/** Undefined until it is known: of an array at once, of another source when it has ended. */
	readonly total: number | undefined;
	/** Of the files that have been saved. */
	readonly bytes: number;
	/** On average since the beginning. */
	readonly bytesPerSecond: number;
}

/** What became of a run. */
export interface DownloadResult {
	/** How many targets ended in which way. */
	readonly totals: Totals;
	/** In the order in which they ended. */
	readonly outcomes: readonly Outcome[];
}

/** A run that begins when it is awaited, or when it is iterated; not both. */
export interface Download
	extends AsyncGenerator<Outcome, void, undefined>,
		Promise<DownloadResult> {}

/**
 * Downloads files. Awaited, it gives what became of all of them; iterated, it gives each outcome as it
 * comes, in the order in which they end, and holds none.
 *
 * A failed download is an outcome, not an error. Targets are pulled as they are needed; a source without
 * end is fine. A `break`, or an aborted signal, ends what is in flight.
 *
 * @param targets - URLs, or targets with more to say.
 * @throws {TypeError} With everything that is wrong with the settings, or with one target.
 * @throws {RangeError} If a `dest` has a name in it that flagdl itself needs: `.flagdl`,
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
	return new DownloadRun(outcomesOf(targets, settings));
}

class DownloadRun implements Download {
	readonly [Symbol.toStringTag] = 'Download';
	readonly #outcomes: AsyncGenerator<Outcome, void, undefined>;
	#isIterated = false;
	#result: Promise<DownloadResult> | undefined;

	constructor(outcomes: AsyncGenerator<Outcome, void, undefined>) {
		this.#outcomes = outcomes;
	}

	async next(): Promise<IteratorResult<Outcome, void>> {
		if (this.#result !== undefined) {
			throw new TypeError('this download is awaited; to iterate, call download() once more');
		}
		this.#isIterated = true;
		return await this.#outcomes.next();
	}

	async return(): Promise<IteratorResult<Outcome, void>> {
		return await this.#outcomes.return();
	}

	async throw(error: unknown): Promise<IteratorResult<Outcome, void>> {
		return await this.#outcomes.throw(error);
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.return();
	}

	// biome-ignore lint/suspicious/noThenProperty: to be awaited is half of what it is for.
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
	const left = new AbortController();
	const either = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]);
	const reader = new TargetReader(targets, resolve(dir ?? ''), either);
	const outcomes = strategies[strategy](reader.targets(), {
		options: { ...DEFAULT_OPTIONS, ...options, headers: inLowerCase(options.headers ?? {}) },
		concurrency,
		threads: Math.min(threads ?? availableParallelism(), concurrency),
		signal: either,
		...(dir !== undefined && { outputDir: resolve(dir) }),
	});
	const told = onProgress && progressOf(reader, onProgress);
	for await (const outcome of withRefused(outcomes, reader)) {
		let isLeft = true;
		try {
			told?.(outcome);
			yield outcome;
			isLeft = false;
		} finally {
			// Before the strategy is closed, which waits for what is in flight.
			if (isLeft) {
				left.abort();
			}
		}
	}
}

/** With the outcomes of targets that were not even tried. */
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
