import {
	appendFileSync,
	closeSync,
	constants,
	createReadStream,
	fstatSync,
	ftruncateSync,
	openSync,
	readSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { makeReserved, removeRunFolder } from '../../download/disk/parts-directory.ts';
import type { OutcomeRow } from '../../schema/shard.ts';
import { RESERVED_DIRECTORY } from '../../targets/safe-path.ts';
import { CannotRunError, isCode } from '../../util/errors.ts';
import type { QueueOptions } from './options.ts';
import { otherListError } from './run.ts';
import { packRows, unpackRows } from './shard.ts';

/** A line: number, digest and outcomes of a shard. */
const LINE = /^(\d+) ([0-9a-f]{12}) ([\w+/=]+)$/;

/** A link is not followed: it may lead anywhere. */
const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
/** Attempts to create the journal while other processes remove its directory as empty. */
const RACES_MAX = 100;

/**
 * The finished shards of a run, with their outcomes, on the coordinator's disk; their jobs are removed from Redis.
 * A resumed run yields these outcomes again and downloads nothing twice.
 */
export class Journal {
	readonly #settings: QueueOptions;
	readonly #name: string;
	/** Absent until there is something to write. */
	#file: number | undefined;
	/** Offset and length of the line of each shard. */
	readonly #offsets: number[] = [];
	readonly #lengths: number[] = [];
	#bytes = 0;

	private constructor(settings: QueueOptions) {
		this.#settings = settings;
		this.#name = `run-${settings.runId}.journal`;
	}

	/**
	 * Indexes the journal of an earlier coordinator of this run, if there is one.
	 *
	 * @throws {CannotRunError}
	 */
	static async open(settings: QueueOptions): Promise<Journal> {
		const journal = new Journal(settings);
		try {
			journal.#file = journal.#open(0);
			await journal.#index(journal.#file);
		} catch (error) {
			if (!isCode(error, 'ENOENT')) {
				throw unusable(error);
			}
		}
		return journal;
	}

	/**
	 * @returns The outcomes of a finished shard; none if it is not finished, or they cannot be read.
	 * @throws {UsageError} If the digest differs.
	 */
	find(shard: number, digest: string): OutcomeRow[] {
		const length = this.#lengths[shard];
		if (this.#file === undefined || length === undefined) {
			return [];
		}
		const line = Buffer.alloc(length);
		readSync(this.#file, line, 0, length, this.#offsets[shard] ?? 0);
		const [, , found, outcomes = ''] = LINE.exec(line.toString('latin1')) ?? [];
		if (found !== digest) {
			throw otherListError(this.#settings.runId);
		}
		try {
			return unpackRows(outcomes);
		} catch {
			return [];
		}
	}

	/**
	 * Appends a finished shard. Call it before the outcomes are yielded.
	 *
	 * @throws {CannotRunError} If the journal cannot be written.
	 */
	append(shard: number, digest: string, rows: readonly OutcomeRow[]): void {
		const line = `${shard} ${digest} ${packRows(rows)}\n`;
		try {
			this.#file ??= this.#create();
			appendFileSync(this.#file, line);
		} catch (error) {
			throw unusable(error);
		}
		this.#add(shard, line.length);
	}

	/** Removes the journal of a run that has ended. */
	remove(): void {
		removeRunFolder(this.#settings.outputDir, this.#name);
	}

	close(): void {
		if (this.#file !== undefined) {
			closeSync(this.#file);
		}
	}

	get #directory(): string {
		return join(this.#settings.outputDir, RESERVED_DIRECTORY);
	}

	#open(flags: number): number {
		const path = join(this.#directory, this.#name);
		return openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW | flags, 0o600);
	}

	#create(): number {
		for (let tries = 1; ; tries += 1) {
			makeReserved(this.#directory);
			try {
				return this.#open(O_CREAT);
			} catch (error) {
				if (!isCode(error, 'ENOENT') || tries === RACES_MAX) {
					throw error;
				}
			}
		}
	}

	#add(shard: number, length: number): void {
		this.#offsets[shard] = this.#bytes;
		this.#lengths[shard] = length - 1;
		this.#bytes += length;
	}

	async #index(fd: number): Promise<void> {
		const { size } = fstatSync(fd);
		const input = createReadStream('', { fd, start: 0, autoClose: false, encoding: 'latin1' });
		for await (const line of createInterface({ input })) {
			const shard = LINE.exec(line)?.[1];
			// The last line is truncated if the coordinator was killed while writing it.
			if (shard === undefined || this.#bytes + line.length + 1 > size) {
				ftruncateSync(fd, this.#bytes);
				return;
			}
			this.#add(Number(shard), line.length + 1);
		}
	}
}

function unusable(cause: unknown): CannotRunError {
	const { message } = cause as Error;
	return new CannotRunError(`cannot use the journal of the run: ${message}`, { cause });
}
