import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Names } from '../../../download/context.ts';
import { PartsDirectory } from '../../../download/disk/parts-directory.ts';
import { nowMs } from '../../../download/outcome.ts';
import { CannotRunError, systemReason } from '../../../util/errors.ts';
import { KEEP_S } from '../options.ts';
import { below } from '../shard.ts';

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
		throw new CannotRunError(
			`cannot write to ${path}: ${systemReason(cause)}; give another one with -d`,
			{ cause },
		);
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

/**
 * The file names of `--with-names`, each given once in a run, over all machines.
 *
 * @param root - The directory that this worker saves in.
 */
export function sharedNames(client: Redis, key: string, root: string): Names {
	return {
		async claim(path, id) {
			const name = below(path, root).normalize('NFC').toLowerCase();
			if ((await client.hsetnx(key, name, id)) === 0) {
				return (await client.hget(key, name)) === id;
			}
			await client.expire(key, KEEP_S);
			return true;
		},
	};
}
