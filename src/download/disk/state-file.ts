import { statSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { STATE_FILE } from '../../targets/destination.ts';
import type { Target, Targets, Validators } from '../../targets/target.ts';
import { isCode } from '../../util/make-directory.ts';
import { randomSuffix } from '../../util/random-suffix.ts';
import type { Outcome } from '../outcome.ts';

const VERSION = 1;

/** What `--if-exists update` remembers of the files in one folder. */
export interface StateFile {
	/** Why what is there is not trusted; then every file is asked for anew. */
	readonly warning: string | undefined;
	/** Gives targets the validators of their files, where those are as they were left. */
	withValidators(targets: Targets): AsyncGenerator<Target>;
	/** Remembers what the server said of a file. */
	record(outcome: Outcome): void;
	/** Writes everything, with what another run may have written meanwhile. */
	save(): Promise<void>;
}

/** A file that was changed behind our back has another size or time, and is fetched anew. */
interface Entry extends Validators {
	readonly bytes: number;
	readonly mtimeMs: number;
}

type Entries = Readonly<Record<string, Entry>>;

export async function openStateFile(folder: string): Promise<StateFile> {
	const path = join(folder, STATE_FILE);
	const { entries, warning } = await read(path);
	const recorded: Record<string, Entry> = {};

	return {
		warning,
		async *withValidators(targets) {
			for await (const target of targets) {
				const entry = entries[relative(folder, target.dest)];
				const { etag, lastModified, ...left } = entry ?? {};
				const same = entry !== undefined && isAsLeft(target.dest, left as Entry);
				const validators = {
					...(etag !== undefined && { etag }),
					...(lastModified !== undefined && { lastModified }),
				};
				yield same ? { ...target, validators } : target;
			}
		},
		record({ status, dest, etag, lastModified }) {
			if (status !== 'ok' && status !== 'unchanged') {
				return;
			}
			const found = statSync(dest, { throwIfNoEntry: false });
			if (found === undefined || (etag === undefined && lastModified === undefined)) {
				return;
			}
			recorded[relative(folder, dest)] = {
				...(etag !== undefined && { etag }),
				...(lastModified !== undefined && { lastModified }),
				bytes: found.size,
				mtimeMs: found.mtimeMs,
			};
		},
		async save() {
			if (Object.keys(recorded).length === 0) {
				return;
			}
			const files = { ...(await read(path)).entries, ...recorded };
			const part = `${path}.${randomSuffix()}.part`;
			await writeFile(part, `${JSON.stringify({ version: VERSION, files })}\n`);
			await rename(part, path);
		},
	};
}

function isAsLeft(dest: string, { bytes, mtimeMs }: Entry): boolean {
	const found = statSync(dest, { throwIfNoEntry: false });
	return found?.size === bytes && found.mtimeMs === mtimeMs;
}

async function read(path: string): Promise<{ entries: Entries; warning: string | undefined }> {
	const untrusted = (found: string) => ({
		entries: {},
		warning: `${path} is not used: ${found}; every file is asked for anew`,
	});
	let text: string;
	try {
		text = await readFile(path, 'utf8');
	} catch (error) {
		if (isCode(error, 'ENOENT')) {
			return { entries: {}, warning: undefined };
		}
		return untrusted(error instanceof Error ? error.message : String(error));
	}
	try {
		const state: unknown = JSON.parse(text);
		if (!isObject(state) || !isObject(state['files'])) {
			return untrusted('it is damaged');
		}
		if (state['version'] !== VERSION) {
			return untrusted(`its version is ${JSON.stringify(state['version'])}, known is ${VERSION}`);
		}
		return { entries: validEntries(state['files']), warning: undefined };
	} catch {
		return untrusted('it is damaged (not JSON)');
	}
}

function validEntries(files: Record<string, unknown>): Entries {
	const valid: Record<string, Entry> = {};
	for (const [name, entry] of Object.entries(files)) {
		if (isEntry(entry)) {
			valid[name] = entry;
		}
	}
	return valid;
}

function isEntry(entry: unknown): entry is Entry {
	if (!isObject(entry)) {
		return false;
	}
	const { etag, lastModified, bytes, mtimeMs } = entry;
	const optionalText = (value: unknown) => value === undefined || typeof value === 'string';
	return (
		optionalText(etag) &&
		optionalText(lastModified) &&
		typeof bytes === 'number' &&
		typeof mtimeMs === 'number'
	);
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
