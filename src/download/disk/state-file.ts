import { type Stats, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { STATE_FILE } from '../../targets/safe-path.ts';
import type { Target, Targets } from '../../targets/target.ts';
import type { Outcome } from '../outcome.ts';
import { loadState } from './load-state.ts';
import { SharedLog } from './shared-log.ts';
import { STATE_HEADER, STATE_LINE_MAX_BYTES, type StateEntry, toStateLine } from './state-entry.ts';
import { type StateIndex, StateUnusable } from './state-index.ts';

/** Lines are flushed at this size or after this time, which bounds the loss on `kill -9`. */
const BATCH_BYTES = 16 * 1024;
const BATCH_MS = 1000;

/** How often, and at which interval, closing is retried while another run replaces the file. */
const CLOSE_TRIES = 20;
const CLOSE_WAIT_MS = 25;

export interface StateSettings {
	/** Origin of the bundled server, if there is one; its port varies. */
	readonly bundledOrigin?: string | undefined;
	/** Whether content codings are kept; files saved with the other setting do not match. */
	readonly raw?: boolean;
}

/**
 * The record that `--if-exists update` keeps of the files in a folder: their validators and URLs.
 * Several runs append lines concurrently.
 */
export class StateFile {
	/** Why the existing state is not used; then every file is requested again. */
	readonly warning: string | undefined;
	readonly #prefix: string;
	readonly #bundledOrigin: string | undefined;
	readonly #isRaw: boolean;
	readonly #index: StateIndex | undefined;
	/** Absent if the existing file must not be written to. */
	readonly #log: SharedLog | undefined;
	#lines: string[] = [];
	#linesBytes = 0;
	#timer: NodeJS.Timeout | undefined;
	#failure: Error | undefined;
	#recorded = 0;

	private constructor(
		folder: string,
		{ bundledOrigin, raw = false }: StateSettings,
		found: StateIndex | StateUnusable | undefined,
	) {
		const path = join(folder, STATE_FILE);
		this.#prefix = folder.endsWith(sep) ? folder : folder + sep;
		this.#bundledOrigin = bundledOrigin;
		this.#isRaw = raw;
		const unusable = found instanceof StateUnusable ? found : undefined;
		this.#index = found instanceof StateUnusable ? undefined : found;
		this.#log = unusable?.isReplaceable === false ? undefined : new SharedLog(path, STATE_HEADER);
		this.warning =
			unusable &&
			`${path} is not used: ${unusable.message}; every file is asked for anew${this.#log === undefined ? ', and nothing is remembered' : ''}`;
	}

	/** @param folder - Absolute. */
	static async open(folder: string, settings: StateSettings = {}): Promise<StateFile> {
		return new StateFile(folder, settings, await loadState(join(folder, STATE_FILE)));
	}

	/** Number of files recorded, if the state was empty before; otherwise 0. */
	get firstRecorded(): number {
		return (this.#index?.isEmpty ?? true) ? this.#recorded : 0;
	}

	/** Adds validators to targets whose files have not been modified since they were recorded. */
	async *withValidators(targets: Targets): AsyncGenerator<Target, void, undefined> {
		for await (const target of targets) {
			yield this.#withValidators(target);
		}
	}

	#withValidators(target: Target): Target {
		// With `naming` the file name is not known yet.
		if (target.naming !== undefined || !target.dest.startsWith(this.#prefix)) {
			return target;
		}
		const entry = this.#index?.find(this.#relativePath(target.dest));
		const url = entry && this.#fromStoredUrl(entry.url);
		const isSameCoding = entry !== undefined && (entry.raw ?? false) === this.#isRaw;
		if (!isSameCoding || url === undefined || !isUnmodified(target.dest, entry)) {
			return target;
		}
		const { etag, lastModified } = entry;
		const validators = {
			url,
			...(etag !== undefined && { etag }),
			...(lastModified !== undefined && { lastModified }),
		};
		return { ...target, validators };
	}

	/** Records the validators of a saved file. Those of an unchanged one are already recorded. */
	record(outcome: Outcome): void {
		const entry = this.#failure === undefined ? this.#entryOf(outcome) : undefined;
		const line = entry && toStateLine(entry);
		const bytes = line === undefined ? 0 : Buffer.byteLength(line);
		if (this.#log === undefined || line === undefined || bytes > STATE_LINE_MAX_BYTES) {
			return;
		}
		this.#recorded += 1;
		this.#lines.push(line);
		this.#linesBytes += bytes;
		if (this.#linesBytes >= BATCH_BYTES) {
			this.#flush();
		} else {
			this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS).unref();
		}
	}

	/** Flushes and closes. @throws The first error of a write. */
	async close(): Promise<void> {
		this.#flush();
		for (let tries = 1; this.#lines.length > 0 && tries < CLOSE_TRIES; tries += 1) {
			// Jitter, so that two runs that wait for each other do not collide again.
			await sleep(CLOSE_WAIT_MS * (0.5 + Math.random()));
			this.#flush();
		}
		clearTimeout(this.#timer);
		this.#log?.close();
		await this.#index?.close();
		if (this.#failure !== undefined) {
			throw this.#failure;
		}
		if (this.#lines.length > 0) {
			throw new Error('another run is replacing the state file');
		}
	}

	#flush(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (this.#log === undefined || this.#lines.length === 0) {
			return;
		}
		try {
			if (!this.#log.append(Buffer.from(this.#lines.join('')))) {
				this.#timer = setTimeout(() => this.#flush(), BATCH_MS).unref();
				return;
			}
		} catch (error) {
			this.#failure = error as Error;
		}
		this.#lines = [];
		this.#linesBytes = 0;
	}

	#entryOf(outcome: Outcome): StateEntry | undefined {
		const { status, target, dest, bytes, etag, lastModified, servedUrl } = outcome;
		if (status !== 'ok' || (etag ?? lastModified) === undefined || !dest.startsWith(this.#prefix)) {
			return undefined;
		}
		const url = servedUrl ?? target.url;
		const isRedirected = url !== target.url && target.mirrors?.includes(url) !== true;
		// The query is probably a signature: secret, and different each time.
		if (isRedirected && url.includes('?')) {
			return undefined;
		}
		const found = statFile(dest);
		return found?.size !== bytes
			? undefined
			: {
					dest: this.#relativePath(dest),
					url: this.#toStoredUrl(url),
					...(etag !== undefined && { etag }),
					...(lastModified !== undefined && { lastModified }),
					...(this.#isRaw && { raw: true as const }),
					bytes,
					mtimeMs: found.mtimeMs,
				};
	}

	#relativePath(dest: string): string {
		const name = dest.slice(this.#prefix.length);
		return sep === '/' ? name : name.replaceAll(sep, '/');
	}

	#toStoredUrl(url: string): string {
		const origin = this.#bundledOrigin;
		return origin !== undefined && url.startsWith(`${origin}/`) ? url.slice(origin.length) : url;
	}

	#fromStoredUrl(url: string): string | undefined {
		return url.startsWith('/') ? this.#bundledOrigin && this.#bundledOrigin + url : url;
	}
}

function isUnmodified(dest: string, { bytes, mtimeMs }: StateEntry): boolean {
	const found = statFile(dest);
	return found?.size === bytes && found.mtimeMs === mtimeMs;
}

function statFile(dest: string): Stats | undefined {
	try {
		return statSync(dest, { throwIfNoEntry: false });
	} catch {
		return undefined;
	}
}
