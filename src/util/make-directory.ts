import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isCode } from './system-error.ts';

/**
 * Makes a directory and those above it, one level at a time. `mkdir` with `recursive` tries for ever
 * where the system says that the parent is there and cannot be written to (`/proc`).
 *
 * @throws The system's error.
 */
export function makeDirectory(path: string): void {
	try {
		mkdirSync(path);
	} catch (error) {
		const parent = dirname(path);
		if (isCode(error, 'EEXIST') && statSync(path).isDirectory()) {
			return;
		}
		if (!isCode(error, 'ENOENT') || parent === path) {
			throw error;
		}
		makeDirectory(parent);
		makeOnce(path);
	}
}

/** Another run may make it at the same time. */
function makeOnce(path: string): void {
	try {
		mkdirSync(path);
	} catch (error) {
		if (!isCode(error, 'EEXIST')) {
			throw error;
		}
	}
}
