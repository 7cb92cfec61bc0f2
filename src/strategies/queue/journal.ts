import {
	appendFileSync,
	closeSync,
	createReadStream,
	openSync,
	readSync,
	statSync,
	truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { makeReserved, removeRunFolder } from '../../download/disk/parts-directory.ts';
import type { OutcomeRow } from '../../schema/shard.ts';
import { RESERVED_DIRECTORY } from '../../targets/safe-path.ts';
import { CannotRunError } from '../../util/errors.ts';
import type { QueueOptions } from './options.ts';
import { otherListError } from './run.ts';
import { packRows, unpackRows } from './shard.ts';

/** A line: number, digest and outcomes of a shard. */
const LINE = /^(\d+) ([0-9a-f]{12}) ([\w+/=]+)$/;

/**
 * The finished shards of a run, with their outcomes, on the coordinator's disk; their jobs are removed from Redis.
 * A resumed run yields these outcomes again and downloads nothing twice.
 */
export class Journal {
	readonly #settings: QueueOptions;
	readonly #name: string;
	readonly #path: string;
	/** Offset and length of the line of each shard. */
	readonly #offsets: number[] = [];
	readonly #lengths: number[] = [];
	#bytes = 0;

	private constructor(settings: QueueOptions) {
		this.#settings = settings;
		this.#name = `run-${settings.runId}.journal`;
		this.#path = join(settings.outputDir, RESERVED_DIRECTORY, this.#name);
	}

	/** Indexes the journal of an earlier coordinator of this run, if there is one. */
	static async open(settings: QueueOptions): Promise<Journal> {
		const journal = new Journal(settings);
		const size = statSync(journal.#path, { throwIfNoEntry: false })?.size ?? 0;
		if (size > 0) {
			await journal.#index(size);
		}
		return journal;
	}

	/**
	 * @returns The outcomes of a finished shard; undefined if it is not finished.
	 * @throws {UsageError} If the digest differs.
	 */
	find(shard: number, digest: string): OutcomeRow[] | undefined {
		const length = this.#lengths[shard];
		if (length === undefined) {
			return undefined;
		}
		const line = Buffer.alloc(length);
		const file = openSync(this.#path, 'r');
		try {
			readSync(file, line, 0, length, this.#offsets[shard] ?? 0);
		} finally {
			closeSync(file);
		}
		const [, , found, outcomes = ''] = LINE.exec(line.toString('latin1')) ?? [];
		if (found !== digest) {
			throw otherListError(this.#settings.runId);
		}
		return unpackRows(outcomes);
	}

	/**
	 * Appends a finished shard. Call it before the outcomes are yielded.
	 *
	 * @throws {CannotRunError} If the journal cannot be written.
	 */
	append(shard: number, digest: string, rows: readonly OutcomeRow[]): void {
		const line = `${shard} ${digest} ${packRows(rows)}\n`;
		try {
			if (this.#bytes === 0) {
				makeReserved(join(this.#settings.outputDir, RESERVED_DIRECTORY));
			}
			appendFileSync(this.#path, line);
		} catch (cause) {
			const { message } = cause as Error;
			throw new CannotRunError(`cannot write the journal of the run: ${message}`, { cause });
		}
		this.#add(shard, line.length);
	}

	/** Removes the journal of a run that has ended. */
	remove(): void {
		removeRunFolder(this.#settings.outputDir, this.#name);
	}

	#add(shard: number, length: number): void {
		this.#offsets[shard] = this.#bytes;
		this.#lengths[shard] = length - 1;
		this.#bytes += length;
	}

	async #index(size: number): Promise<void> {
		for await (const line of createInterface({ input: createReadStream(this.#path, 'latin1') })) {
			const shard = LINE.exec(line)?.[1];
			// The last line is truncated if the coordinator was killed while writing it.
			if (shard === undefined || this.#bytes + line.length + 1 > size) {
				truncateSync(this.#path, this.#bytes);
				return;
			}
			this.#add(Number(shard), line.length + 1);
		}
	}
}
