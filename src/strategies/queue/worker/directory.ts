import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Names } from '../../../download/context.ts';
import { PartsDirectory } from '../../../download/disk/parts-directory.ts';
import { nowMs } from '../../../download/outcome.ts';
import { CannotRunError } from '../../../util/errors.ts';
import { KEEP_S } from '../options.ts';
import { below } from '../wire/shard.ts';

/** Where a worker saves. Other workers may save in the same one, under another path. */
export interface Directory {
	/** Absolute. */
	readonly path: string;
	/** How far the clock that gives its files their times is ahead of that of this process: it may be of another machine. */
	readonly aheadMs: number;
}

/**
 * Creates a directory if needed, and asks it for the time.
 *
 * @throws {CannotRunError} When it cannot be written to.
 */
export function openDirectory(path: string): Directory {
	const parts = new PartsDirectory(path);
	const inside = join(path, 'inside');
	try {
		parts.make(inside);
		const { ctimeMs } = statSync(dirname(parts.createPath(inside)));
		return { path, aheadMs: ctimeMs - nowMs() };
	} catch (cause) {
		const { message } = cause as Error;
		throw new CannotRunError(`cannot write to ${path}: ${message}; give another one with -d`, {
			cause,
		});
	} finally {
		parts.close(false, () => false);
	}
}

/** The size of a file that was made since then, by the clock of its directory. Neither its content nor `utime` move that. */
export function sizeIfMadeSince(path: string, sinceMs: number): number | undefined {
	try {
		const found = statSync(path, { throwIfNoEntry: false });
		return found !== undefined && found.ctimeMs >= sinceMs ? found.size : undefined;
	} catch {
		// The download will say what is wrong.
		return undefined;
	}
}

/** The file names of `--with-names`, each given once in a run, over all machines. */
export class SharedNames implements Names {
	readonly #client: Redis;
	readonly #key: string;
	readonly #root: string;

	constructor(client: Redis, key: string, root: string) {
		this.#client = client;
		this.#key = key;
		this.#root = root;
	}

	async claim(path: string, id: string): Promise<boolean> {
		const name = below(path, this.#root).normalize('NFC').toLowerCase();
		if ((await this.#client.hsetnx(this.#key, name, id)) === 0) {
			return (await this.#client.hget(this.#key, name)) === id;
		}
		await this.#client.expire(this.#key, KEEP_S);
		return true;
	}
}
