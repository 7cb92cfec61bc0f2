import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { BadEntry, Entry } from '../targets/entry.ts';
import { listSource, spool } from '../targets/sources.ts';
import { Problems } from '../util/errors.ts';
import { explainInput } from '../util/suggest.ts';
import type { TargetInput } from './targets.ts';

/** A list: the path of a file, its `file:` URL, or a stream of its text. */
export type ListSource = string | URL | AsyncIterable<string | Uint8Array>;

/**
 * Reads a list as `flagdl get --input` does. The whole list is validated before the first target is yielded,
 * and never held in memory: a file is read twice, a stream is first written to a temporary file.
 *
 * @throws {Error} If the list is invalid, with every problem by line, or if it cannot be read.
 *
 * @example
 * ```ts
 * const { totals } = await download(readList('list.txt'), { dir: 'images' });
 * ```
 */
export async function* readList(source: ListSource): AsyncGenerator<TargetInput, void, undefined> {
	const { path, name, close } = await open(source);
	try {
		const list = listSource(path, name);
		const problems = new Problems();
		for await (const entries of list()) {
			for (const entry of entries) {
				for (const problem of problemsOf(entry)) {
					problems.add(entry.where, problem);
				}
			}
		}
		problems.throwIfAny();
		for await (const entries of list()) {
			for (const entry of entries) {
				yield inputOf(entry as Entry);
			}
		}
	} finally {
		await close();
	}
}

/** A file that can be read more than once. */
interface OpenList {
	readonly path: string;
	/** In messages. */
	readonly name: string;
	readonly close: () => Promise<void>;
}

async function open(source: unknown): Promise<OpenList> {
	if (typeof source === 'string' || source instanceof URL) {
		const path = typeof source === 'string' ? source : fileURLToPath(source);
		return statSync(path, { throwIfNoEntry: false })?.isFIFO() === true
			? await openStream(createReadStream(path), path)
			: { path, name: path, close: async () => {} };
	}
	if (typeof source !== 'object' || source === null || !(Symbol.asyncIterator in source)) {
		throw new TypeError(
			`readList: ${explainInput('no source', 'the path of a file, its URL, or a stream')}`,
		);
	}
	return await openStream(Readable.from(source as AsyncIterable<unknown>), 'list');
}

async function openStream(stream: Readable, name: string): Promise<OpenList> {
	const spooled = await spool(stream, new AbortController().signal);
	return { path: spooled.path, name, close: () => spooled.remove() };
}

function problemsOf(entry: Entry | BadEntry): readonly string[] {
	if ('problems' in entry) {
		return entry.problems;
	}
	const allowed = 'URLs, as only the command line knows where flags are';
	return entry.isCode ? [explainInput(`the country code ${entry.id}`, allowed)] : [];
}

function inputOf({ id, place, where: _, isCode: __, ...members }: Entry): TargetInput {
	return { url: place?.href ?? id, ...(id !== place?.href && { id }), ...members };
}
