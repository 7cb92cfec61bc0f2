import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cannotUseTemporary, makeTemporaryDirectory } from '../util/directories.ts';
import { isSystemError } from '../util/errors.ts';
import { type BadEntry, type Entry, type Source, subject } from './entry.ts';
import { parseHeader, whyNoList } from './list/columns.ts';
import { type Line, RepeatableFile, readLines } from './list/list-file.ts';
import { parseListLine } from './list/list-line.ts';
import { Table } from './list/table.ts';
import { refuseContradiction, type Selection, selectCodes } from './select-codes.ts';

/**
 * Entries for the arguments: codes and letters as in {@link selectCodes}, and URLs, without duplicates.
 *
 * @throws {UsageError} If an argument is invalid, or contradicts `all` or `every`.
 */
export function argumentSource(selection: Omit<Selection, 'limit'>): Source {
	refuseContradiction(selection);
	const { codes: args } = selection;
	const entries = args.some(isUrl) ? args.flatMap(entriesOf) : codeEntries(selection);
	const unique = [...new Map(entries.map((entry) => [entry.id, entry])).values()];

	return async function* () {
		yield unique;
	};
}

function entriesOf(arg: string, index: number): readonly Entry[] {
	return isUrl(arg) ? [subject(arg, `argument ${index + 1}`)] : codeEntries({ codes: [arg] });
}

function codeEntries(selection: Selection): readonly Entry[] {
	return selectCodes(selection, 'a URL').map((id) => ({ id, isCode: true, where: id }));
}

function isUrl(arg: string): boolean {
	return arg.includes('://');
}

/**
 * The entries of a list file; every pass yields the same ones.
 *
 * @param path - A regular file, since it is read more than once.
 * @param name - Name of the file in messages.
 */
export function listSource(path: string, name: string): Source {
	const file = new RepeatableFile(path, name);
	const where = (line: number) => `${name}:${line}`;
	return async function* () {
		let table: Table | undefined;
		let isFirst = true;
		for await (let lines of readLines(file.read())) {
			if (isFirst) {
				const all = [...lines];
				const start = all.findIndex(hasContent);
				lines = all.slice(Math.max(start, 0));
				const line = all[start];
				isFirst = line === undefined;
				const text = line && 'text' in line ? line.text : '';
				const header = parseHeader(text);
				const problem = header === undefined ? whyNoList(text) : undefined;
				if (line !== undefined && problem !== undefined) {
					yield [{ where: where(line.number), problems: [problem] }];
					return;
				}
				table = header && (await Table.create(header, where));
			}
			yield table === undefined ? plainEntries(lines, where) : table.read(lines);
		}
		const last = table?.end();
		yield last === undefined ? [] : [last];
	};
}

function hasContent(line: Line): boolean {
	return 'problem' in line || !/^\s*(?:#|$)/.test(line.text);
}

function* plainEntries(
	lines: Iterable<Line>,
	where: (line: number) => string,
): Generator<Entry | BadEntry, void, undefined> {
	for (const line of lines) {
		const entry =
			'problem' in line
				? { where: where(line.number), problems: [line.problem] }
				: parseListLine(line.text, where(line.number));
		if (entry !== undefined) {
			yield entry;
		}
	}
}

/** A stream copied to a file, so that it can be read more than once. */
export interface Spooled {
	readonly path: string;
	remove(): Promise<void>;
}

/**
 * Writes a stream to a temporary file that only its owner can read.
 *
 * @throws The error of the stream, or the signal's reason.
 * @throws {CannotRunError} If the file cannot be written.
 */
export async function spool(stream: Readable, signal: AbortSignal): Promise<Spooled> {
	const directory = await makeTemporaryDirectory('flagdl-');
	const path = join(directory, 'list');
	const remove = () => rm(directory, { recursive: true, force: true });
	try {
		await pipeline(stream, createWriteStream(path, { mode: 0o600 }), { signal });
		return { path, remove };
	} catch (error) {
		await remove();
		const isWriting = isSystemError(error) && (error.path === path || error.syscall === 'write');
		throw isWriting ? cannotUseTemporary(error) : error;
	}
}
