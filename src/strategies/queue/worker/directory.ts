import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Names } from '../../../download/context.ts';
import { PartsDirectory } from '../../../download/disk/parts-directory.ts';
import { nowMs, type Outcome } from '../../../download/outcome.ts';
import { CannotRunError, DIRECTORY_FAILURES, systemReason } from '../../../util/errors.ts';
import { TTL_S } from '../options.ts';
import { safeRelativePath } from '../shard.ts';

/** Output directory of a worker. Other workers may share it, under another path. */
export interface Directory {
	/** Absolute. */
	readonly path: string;
	/** How far the clock of its file system, which may be on another machine, is ahead of this process. */
	readonly aheadMs: number;
}

/** If this does not fit, the disk is full. */
const PROBE = Buffer.alloc(65_536);

/**
 * Creates a directory if needed, writes to it, and reads the clock of its file system.
 *
 * @throws {CannotRunError} If it is not writable.
 */
export function openDirectory(path: string): Directory {
	const parts = new PartsDirectory(path);
	const inside = join(path, 'inside');
	try {
		parts.make(inside);
		const part = parts.createPath(inside);
		writeFileSync(part, PROBE);
		return { path, aheadMs: statSync(part).ctimeMs - nowMs() };
	} catch (cause) {
		throw new CannotRunError(
			`cannot write to ${path}: ${systemReason(cause)}; give another one with -d`,
			{ cause },
		);
	} finally {
		parts.close(false, () => false);
	}
}

/**
 * A worker that cannot save anything fails its targets faster than others download theirs, and would take their shards.
 *
 * @throws {CannotRunError} If an outcome failed because of the directory, not of its file.
 */
export function checkDirectory({ path }: Directory, { failure }: Outcome): void {
	if (failure !== undefined && DIRECTORY_FAILURES.includes(failure.code)) {
		openDirectory(path);
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
