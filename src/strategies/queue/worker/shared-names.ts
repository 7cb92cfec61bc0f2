import type { Redis } from 'ioredis';
import type { Names } from '../../../download/context.ts';
import { KEEP_S, type RunKeys } from '../redis/keys.ts';
import { below } from '../wire/paths.ts';
import { json, object, text } from '../wire/read.ts';
import { type Directory, exists } from './directory.ts';

/** The file names of `--with-names`, each given once in a run, over all machines. */
export interface SharedNames extends Names {
	/** Whether a file was there before its name was given in this directory. */
	wasThere(path: string): boolean;
}

export function openSharedNames(
	client: Redis,
	{ names }: RunKeys,
	directory: Directory,
): SharedNames {
	/** Paths in this directory that had no file when their name was given. */
	const fresh = new Set<string>();

	return {
		async claim(path, id) {
			const key = below(path, directory.path).normalize('NFC').toLowerCase();
			const mine = JSON.stringify({ id, directory: directory.id, there: exists(path) });
			await client.pipeline().hsetnx(names, key, mine).expire(names, KEEP_S).exec();
			const given = object(json((await client.hget(names, key)) ?? mine, 'name'), 'name');
			if (text(given['id'], 'name.id') !== id) {
				return false;
			}
			if (given['directory'] === directory.id && given['there'] === false) {
				fresh.add(path);
			}
			return true;
		},
		wasThere: (path) => !fresh.has(path),
	};
}
