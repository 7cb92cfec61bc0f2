import { randomUUID } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { WORKER_FILE } from '../../../targets/safe-path.ts';
import type { Target } from '../../../targets/target.ts';
import { makeDirectory } from '../../../util/directories.ts';
import { CannotRunError, isCode } from '../../../util/errors.ts';

const ID = /^[0-9a-f-]{36}$/;
/** A second in all. */
const READS_MAX = 50;
const READ_AGAIN_MS = 20;
/** Nobody wakes who waits for it. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));
/** Files looked at in one turn of the event loop. */
const LOOKS_PER_TURN = 50;

/** Where a worker saves. Other workers may save in the same one, under another path. */
export interface Directory {
	/** Absolute. */
	readonly path: string;
	/** The same for everybody who works in it, wherever it is mounted. */
	readonly id: string;
}

/**
 * Creates a directory where needed, and the file by which it is known again.
 *
 * @throws {CannotRunError} When it cannot be written to.
 */
export function openDirectory(path: string): Directory {
	const file = join(path, WORKER_FILE);
	try {
		makeDirectory(path);
		try {
			writeFileSync(file, `${randomUUID()}\n`, { flag: 'wx' });
		} catch (error) {
			if (!isCode(error, 'EEXIST')) {
				throw error;
			}
		}
		const id = readId(file);
		if (ID.test(id)) {
			return { path, id };
		}
	} catch (cause) {
		const { message } = cause as Error;
		throw new CannotRunError(`cannot write to ${path}: ${message}; give another one with -d`, {
			cause,
		});
	}
	throw new CannotRunError(`${file} is damaged; remove it, no worker is running there`);
}

/** Another worker may have made the file, and not yet have written to it. */
function readId(file: string): string {
	for (let tries = 1; ; tries += 1) {
		const id = readFileSync(file, 'utf8').trim();
		if (id !== '' || tries === READS_MAX) {
			return id;
		}
		Atomics.wait(NEVER, 0, 0, READ_AGAIN_MS);
	}
}

/** @returns The places in the list of those whose file is there. */
export async function whichExist(targets: readonly Target[]): Promise<number[]> {
	const found: number[] = [];
	for (const [place, target] of targets.entries()) {
		if (place % LOOKS_PER_TURN === LOOKS_PER_TURN - 1) {
			await nextTurn();
		}
		if (exists(target.dest)) {
			found.push(place);
		}
	}
	return found;
}

/** What cannot be looked at is not there: the download will say what is wrong with it. */
export function exists(path: string): boolean {
	return sizeOf(path) !== undefined;
}

export function sizeOf(path: string): number | undefined {
	try {
		return statSync(path, { throwIfNoEntry: false })?.size;
	} catch {
		return undefined;
	}
}
