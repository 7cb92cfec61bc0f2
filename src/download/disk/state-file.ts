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

/** Lines are written when there are so many of them, or after this time: `kill -9` loses no more. */
const BATCH_BYTES = 16 * 1024;
const BATCH_MS = 1000;

/** How often, at the end, a run looks whether another one has replaced the file. */
const CLOSE_TRIES = 20;
const CLOSE_WAIT_MS = 25;

export interface StateSettings {
	/** Of the bundled server, if there is one: its port is another each time. */
	readonly bundledOrigin?: string | undefined;
	/** Whether content codings are kept; a file that was saved otherwise is another one. */
	readonly raw?: boolean;
}

/**
 * What `--if-exists update` remembers of the files in one folder: the validators of each, and the URL
 * that they came from. Lines are appended while the run goes on, by several runs at once.
 */
export class StateFile {
	/** Why what is there is not trusted; then every file is asked for anew. */
	readonly warning: string | undefined;
	readonly #prefix: string;
	readonly #bundledOrigin: string | undefined;
	readonly #isRaw: boolean;
	readonly #index: StateIndex | undefined;
	/** Absent if something is there that must not be written to. */
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

	/** How many files are known now, if nothing was known of any before; otherwise 0. */
	get firstRecorded(): number {
		return (this.#index?.isEmpty ?? true) ? this.#recorded : 0;
	}

	/** Gives targets the validators of their files, if those are as they were left. */
	async *withValidators(targets: Targets): AsyncGenerator<Target, void, undefined> {
		for await (const target of targets) {
			yield this.#withValidators(target);
		}
	}

	#withValidators(target: Target): Target {
		// With `naming` its name is not known yet.
		if (target.naming !== undefined || !target.dest.startsWith(this.#prefix)) {
			return target;
		}
		const entry = this.#index?.find(this.#nameOf(target.dest));
		const url = entry && this.#toUrl(entry.url);
		const isOfThisKind = entry !== undefined && (entry.raw ?? false) === this.#isRaw;
		if (!isOfThisKind || url === undefined || !isAsLeft(target.dest, entry)) {
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

	/** Remembers what the server said of a file that was saved. Of one that is unchanged it is known. */
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

	/** Writes the rest. @throws What kept it from writing, now or before. */
	async close(): Promise<void> {
		this.#flush();
		for (let tries = 1; this.#lines.length > 0 && tries < CLOSE_TRIES; tries += 1) {
			// Two that wait for each other must not meet again.
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
		// A signature: it is another one each time, and secret.
		if (isRedirected && url.includes('?')) {
			return undefined;
		}
		const found = lookAt(dest);
		return found?.size !== bytes
			? undefined
			: {
					dest: this.#nameOf(dest),
					url: this.#fromUrl(url),
					...(etag !== undefined && { etag }),
					...(lastModified !== undefined && { lastModified }),
					...(this.#isRaw && { raw: true as const }),
					bytes,
					mtimeMs: found.mtimeMs,
				};
	}

	#nameOf(dest: string): string {
		const name = dest.slice(this.#prefix.length);
		return sep === '/' ? name : name.replaceAll(sep, '/');
	}

	#fromUrl(url: string): string {
		const origin = this.#bundledOrigin;
		return origin !== undefined && url.startsWith(`${origin}/`) ? url.slice(origin.length) : url;
	}

	#toUrl(url: string): string | undefined {
		return url.startsWith('/') ? this.#bundledOrigin && this.#bundledOrigin + url : url;
	}
}

function isAsLeft(dest: string, { bytes, mtimeMs }: StateEntry): boolean {
	const found = lookAt(dest);
	return found?.size === bytes && found.mtimeMs === mtimeMs;
}

function lookAt(dest: string): Stats | undefined {
	try {
		return statSync(dest, { throwIfNoEntry: false });
	} catch {
		return undefined;
	}
}
