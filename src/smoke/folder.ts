import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BodyHold } from '../server/faults/write-body.ts';
import { isCode } from '../util/errors.ts';
import { unlessAborted } from '../util/promises.ts';
import { type Expected, UNREAD } from './expected.ts';

/** The files of an output directory by name, with `/` as separator. */
export function readFolder(directory: string): Map<string, Buffer> {
	const names = entriesOf(directory)
		.filter((entry) => !entry.isDirectory())
		.map((entry) => nameIn(directory, join(entry.parentPath, entry.name)))
		.sort();
	return new Map(names.map((name) => [name, readFile(join(directory, name))]));
}

/** The name of a file below a directory, with `/` as separator. */
export function nameIn(directory: string, path: string): string {
	return relative(directory, path).split(sep).join('/');
}

/**
 * Maps the names of saved files to those of the targets: clients may keep or decode URL escapes, and save
 * with or without folders.
 *
 * @param dests - Destinations that a client reported, by target.
 */
export function nameFiles(
	files: ReadonlyMap<string, Buffer>,
	targets: readonly Pick<Expected, 'file' | 'planned'>[],
	dests: ReadonlyMap<string, string> = new Map(),
): Map<string, Buffer> {
	const basenames = targets.map(({ file }) => basename(file));
	const names = new Map<string, string>();
	for (const { file, planned } of targets) {
		const path = planned.path.slice(1);
		const isOnly = basenames.filter((name) => name === basename(file)).length === 1;
		const short = isOnly ? [file, path, urlOf(path)].map((name) => basename(name)) : [];
		for (const name of [...short, path, urlOf(path), dests.get(planned.id) ?? file, file]) {
			names.set(name, file);
		}
	}
	const named = new Map<string, Buffer>();
	for (const [name, content] of files) {
		const file = names.get(name) ?? name;
		named.set(named.has(file) ? name : file, content);
	}
	return named;
}

/** Escapes every character that is special to a shell; the server accepts both forms. */
export function urlOf(path: string): string {
	return path.replace(/[^\w@%+=:,./-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

const MAX_BYTES = 1024 ** 3;

function readFile(path: string): Buffer {
	try {
		const stats = statSync(path);
		return stats.isFile() && stats.size <= MAX_BYTES ? readFileSync(path) : UNREAD;
	} catch {
		return UNREAD;
	}
}

/** After this long without a change, the client has processed the first halves of the bodies. */
const QUIET_MS = 250;
const POLL_MS = 25;

/**
 * Reads an output directory while the server holds every body halfway, then releases the bodies. No
 * download can be complete by then, so every final name exists too early.
 *
 * @param maxHoldMs - Longest hold from the first body; shorter than the client's stall timeout.
 * @returns Empty if no body was sent.
 */
export async function readWhileHeld(
	directory: string,
	hold: BodyHold,
	{ maxHoldMs, signal }: { readonly maxHoldMs: number; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, Buffer>> {
	try {
		await unlessAborted(signal, hold.started);
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

/** Names, sizes and times, which change with every write. */
function listing(directory: string): string {
	return entriesOf(directory)
		.map(({ parentPath, name }) => join(parentPath, name))
		.sort()
		.map((path) => {
			const stats = statSync(path, { throwIfNoEntry: false });
			return `${path} ${stats?.size} ${stats?.mtimeMs}`;
		})
		.join('\n');
}

/** Everything below a directory; nothing if the client has removed it. */
function entriesOf(directory: string): Dirent[] {
	try {
		// From Node 22 on `recursive` follows links, perhaps to all files of the machine.
		return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => [
			entry,
			...(entry.isDirectory() ? entriesOf(join(directory, entry.name)) : []),
		]);
	} catch (error) {
		if (isCode(error, 'ENOENT')) {
			return [];
		}
		throw error;
	}
}
