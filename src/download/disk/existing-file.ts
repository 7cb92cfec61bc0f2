import { statSync } from 'node:fs';
import type { Target } from '../../targets/target.ts';
import { DownloadError } from '../download-error.ts';
import type { IfExists } from '../options.ts';
import { fileError } from './file-error.ts';

/** What to do about a target whose final name may be taken. */
export type Decision = 'fetch' | 'skip' | 'update';

/** @throws {DownloadError} Where something is in the way. */
export function decide(target: Target, dest: string, ifExists: IfExists): Decision {
	const found = look(target, dest);
	if (found === undefined) {
		return 'fetch';
	}
	if (found.isDirectory()) {
		const message = `a directory is in the place of the file: ${dest}`;
		throw new DownloadError(target, message, { code: 'EISDIR' });
	}
	switch (ifExists) {
		case 'skip':
			return 'skip';
		case 'overwrite':
			return 'fetch';
		case 'update':
			return 'update';
		case 'fail':
			throw new DownloadError(target, `${dest} is there already`, { code: 'file_exists' });
	}
}

function look(target: Target, dest: string): ReturnType<typeof statSync> {
	try {
		return statSync(dest, { throwIfNoEntry: false });
	} catch (error) {
		throw fileError(target, 'look at', dest, error);
	}
}
