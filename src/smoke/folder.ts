import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BodyHold } from '../server/faults/body-hold.ts';
import { unlessAborted } from '../util/abort.ts';
import { isCode } from '../util/errors.ts';

/** The contents of an output directory, with `/` between the parts of a name. */
export function readFolder(directory: string): Map<string, Buffer> {
	const names = readdirSync(directory, { recursive: true, withFileTypes: true })
		.filter((entry) => !entry.isDirectory())
		.map((entry) => relative(directory, join(entry.parentPath, entry.name)))
		.sort();
	return new Map(
		names.map((name) => [
			name.split(sep).join('/'),
			readIfThere(join(directory, name)) ?? Buffer.alloc(0),
		]),
	);
}

/** @returns `undefined` where there is no such file. */
function readIfThere(path: string): Buffer | undefined {
	try {
		return readFileSync(path);
	} catch (error) {
		if (isCode(error, 'ENOENT')) {
			return undefined;
		}
		throw error;
	}
}

/** So long without a change, a client has done with a half body what it does with one. */
const QUIET_MS = 250;
const POLL_MS = 25;

/**
 * Reads an output directory while the server holds every body at its middle, and releases them. No
 * download can be complete by then, so each final name that is there is there too early.
 *
 * @param maxHoldMs - From the first body; shorter than the client's patience with silence.
 * @returns Empty if no body was ever sent.
 */
export async function readWhileHeld(
	directory: string,
	hold: BodyHold,
	{ maxHoldMs, signal }: { readonly maxHoldMs: number; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, Buffer>> {
	try {
		await unlessAborted(signal, hold.begun);
		const deadlineMs = performance.now() + maxHoldMs;
		const state = () => `${hold.held}\n${listing(directory)}`;
		for (let last = state(), sinceMs = performance.now(); ; ) {
			await sleep(POLL_MS, undefined, { signal });
			const now = state();
			const nowMs = performance.now();
			if (now !== last) {
				[last, sinceMs] = [now, nowMs];
			}
			if (nowMs - sinceMs >= QUIET_MS || nowMs >= deadlineMs) {
				break;
			}
		}
		return readFolder(directory);
	} catch (error) {
		if (signal.aborted) {
			return new Map();
		}
		throw error;
	} finally {
		hold.release();
	}
}

/** Names, sizes and times: what changes with each byte that is written. */
function listing(directory: string): string {
	return readdirSync(directory, { recursive: true, encoding: 'utf8' })
		.sort()
		.map((name) => {
			const stats = statSync(join(directory, name), { throwIfNoEntry: false });
			return `${name} ${stats?.size} ${stats?.mtimeMs}`;
		})
		.join('\n');
}
