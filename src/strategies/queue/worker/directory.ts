import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Names } from '../../../download/context.ts';
import { PartsDirectory } from '../../../download/disk/parts-directory.ts';
import { nowMs } from '../../../download/outcome.ts';
import { CannotRunError, systemReason } from '../../../util/errors.ts';
import { TTL_S } from '../options.ts';
import { safeRelativePath } from '../shard.ts';

/** Output directory of a worker. Other workers may share it, under another path. */
export interface Directory {
	/** Absolute. */
	readonly path: string;
	/** How far the clock of its file system, which may be on another machine, is ahead of this process. */
	readonly aheadMs: number;
}

/**
 * Creates a directory if needed, and reads the clock of its file system.
 *
 * @throws {CannotRunError} If it is not writable.
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

/** @returns The size of a file if its ctime, which `utime` cannot set back, is not before `sinceMs`. */
export function sizeIfCreatedSince(path: string, sinceMs: number): number | undefined {
	try {
		const found = statSync(path, { throwIfNoEntry: false });
		return found !== undefined && found.ctimeMs >= sinceMs ? found.size : undefined;
	} catch {
		// The download will report the error.
		return undefined;
	}
}

/**
 * File names of `--with-names`, each claimed once per run across all machines.
 *
 * @param root - Output directory of this worker.
 */
export function sharedNames(client: Redis, key: string, root: string): Names {
	return {
		async claim(path, id) {
			const name = safeRelativePath(path, root).normalize('NFC').toLowerCase();
			if ((await client.hsetnx(key, name, id)) === 0) {
				return (await client.hget(key, name)) === id;
			}
			await client.expire(key, TTL_S);
			return true;
		},
	};
}
