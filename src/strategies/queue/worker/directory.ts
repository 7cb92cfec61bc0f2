import { randomUUID } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Names } from '../../../download/context.ts';
import { WORKER_FILE } from '../../../targets/safe-path.ts';
import { makeDirectory } from '../../../util/directories.ts';
import { CannotRunError, isCode } from '../../../util/errors.ts';
import { KEEP_S, namesKey } from '../options.ts';
import { below } from '../wire/shard.ts';

const ID = /^[0-9a-f-]{36}$/;
/** A second in all. */
const READS_MAX = 50;
const READ_AGAIN_MS = 20;

/** Where a worker saves. Other workers may save in the same one, under another path. */
export interface Directory {
	/** Absolute. */
	readonly path: string;
	/** The same for all that work in it, wherever it is mounted. */
	readonly id: string;
}

/**
 * Creates a directory if needed, and the file by which it is known again.
 *
 * @throws {CannotRunError} When it cannot be written to.
 */
export function openDirectory(path: string): Directory {
	const file = join(path, WORKER_FILE);
	let id: string;
	try {
		makeDirectory(path);
		try {
			writeFileSync(file, `${randomUUID()}\n`, { flag: 'wx' });
		} catch (error) {
			if (!isCode(error, 'EEXIST')) {
				throw error;
			}
		}
		id = readId(file);
	} catch (cause) {
		const { message } = cause as Error;
		throw new CannotRunError(`cannot write to ${path}: ${message}; give another one with -d`, {
			cause,
		});
	}
	if (!ID.test(id)) {
		throw new CannotRunError(`${file} is damaged; remove it, no worker is running there`);
	}
	return { path, id };
}

/** Another worker may have made the file, and not yet have written to it. */
function readId(file: string): string {
	const never = new Int32Array(new SharedArrayBuffer(4));
	for (let reads = 1; ; reads += 1) {
		const id = readFileSync(file, 'utf8').trim();
		if (id !== '' || reads === READS_MAX) {
			return id;
		}
		Atomics.wait(never, 0, 0, READ_AGAIN_MS);
	}
}

/** @returns Undefined if there is no file, or it cannot be looked at: the download will say what is wrong. */
export function sizeOf(path: string): number | undefined {
	try {
		return statSync(path, { throwIfNoEntry: false })?.size;
	} catch {
		return undefined;
	}
}

/** The file names of `--with-names`, each given once in a run, over all machines. */
export class SharedNames implements Names {
	readonly #client: Redis;
	readonly #key: string;
	readonly #directory: Directory;
	/** Paths in this directory that had no file when their name was given. */
	readonly #fresh = new Set<string>();

	constructor(client: Redis, prefix: string, run: string, directory: Directory) {
		this.#client = client;
		this.#key = namesKey(prefix, run);
		this.#directory = directory;
	}

	async claim(path: string, id: string): Promise<boolean> {
		const { path: root, id: directory } = this.#directory;
		const name = below(path, root).normalize('NFC').toLowerCase();
		const mine = JSON.stringify([id, directory, sizeOf(path) === undefined]);
		await this.#client.multi().hsetnx(this.#key, name, mine).expire(this.#key, KEEP_S).exec();
		const given = (await this.#client.hget(this.#key, name)) ?? mine;
		if (given === JSON.stringify([id, directory, true])) {
			this.#fresh.add(path);
		}
		return given.startsWith(`[${JSON.stringify(id)},`);
	}

	/** Whether a file was there before its name was given in this directory. */
	wasThere(path: string): boolean {
		return !this.#fresh.has(path);
	}
}
