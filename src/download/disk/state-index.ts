import { constants, readSync } from 'node:fs';
import { access, type FileHandle, open } from 'node:fs/promises';
import { TextIndex } from '../../targets/hash-set.ts';
import { isCode } from '../../util/errors.ts';
import {
	keyOf,
	keyOfLine,
	parseEntry,
	STATE_HEADER,
	STATE_LINE_MAX_BYTES,
	STATE_VERSION,
	type StateEntry,
} from './state-entry.ts';

/** A smaller file is not worth rewriting. */
const REWRITE_MIN_BYTES = 1024 * 1024;

const CHUNK_BYTES = 64 * 1024;

/**
 * Maps destinations to the offsets of their entries in a state file, in about 30 bytes each. Entries are
 * read on demand.
 */
export class StateIndex {
	readonly #file: FileHandle;
	readonly #dests = new TextIndex();
	/** Offset of the last line of each destination, by the number of the destination. */
	#offsets = new Float64Array(1024);
	#lines = 0;
	#bytes = 0;
	/** The last block read: entries are often looked up in file order. */
	readonly #window: Buffer = Buffer.alloc(STATE_LINE_MAX_BYTES);
	#windowStart = 0;
	#windowBytes = 0;
	#shouldBeRewritten = false;

	private constructor(file: FileHandle) {
		this.#file = file;
	}

	/**
	 * @returns Undefined if the file does not exist.
	 * @throws {StateUnusable}
	 */
	static async load(path: string): Promise<StateIndex | undefined> {
		const file = await openToRead(path);
		if (file === undefined) {
			return undefined;
		}
		const index = new StateIndex(file);
		try {
			await index.#load(path);
			return index;
		} catch (error) {
			await file.close();
			throw error;
		}
	}

	async #load(path: string): Promise<void> {
		const { size, nlink } = await this.#file.stat();
		await checkFormat(this.#file, size);
		this.#bytes = await forEachLine(this.#file, 0, (line, offset) => this.#add(line, offset));
		const isMostlyReplaced = this.#lines > 2 * this.#dests.length && size >= REWRITE_MIN_BYTES;
		this.#shouldBeRewritten = isMostlyReplaced || nlink > 1 || !(await isWritable(path));
	}

	#add(line: string, offset: number): void {
		const key = keyOfLine(line);
		if (key === undefined) {
			return;
		}
		const number = this.#dests.add(key);
		if (number === this.#offsets.length) {
			const offsets = new Float64Array(2 * number);
			offsets.set(this.#offsets);
			this.#offsets = offsets;
		}
		this.#offsets[number] = offset;
		this.#lines += 1;
	}

	/** Whether most lines have been replaced by later ones, or the file must not be appended to. */
	get shouldBeRewritten(): boolean {
		return this.#shouldBeRewritten;
	}

	get isEmpty(): boolean {
		return this.#lines === 0;
	}

	get descriptor(): number {
		return this.#file.fd;
	}

	/** Whether no later line has replaced this entry. */
	isLatest(line: string, offset: number): boolean {
		const key = keyOfLine(line);
		const number = key === undefined ? undefined : this.#dests.find(key);
		// Lines appended since the index was loaded are kept.
		return key !== undefined && (offset >= this.#bytes || this.#offsets[number ?? -1] === offset);
	}

	/** @returns The last entry of a destination. */
	find(dest: string): StateEntry | undefined {
		const number = this.#dests.find(keyOf(dest));
		const line = number === undefined ? undefined : this.#lineAt(this.#offsets[number] ?? 0);
		const entry = line === undefined ? undefined : parseEntry(line);
		// The hash of two destinations may collide, and the file may have changed.
		return entry?.dest === dest ? entry : undefined;
	}

	/** @returns Offset of the end of the last line. */
	async forEachLine(
		startBytes: number,
		onLine: (line: string, offset: number) => void,
	): Promise<number> {
		return await forEachLine(this.#file, startBytes, onLine);
	}

	async close(): Promise<void> {
		await this.#file.close();
	}

	#lineAt(offset: number): string | undefined {
		const window = this.#window;
		let start = offset - this.#windowStart;
		let end = start >= 0 && start < this.#windowBytes ? window.indexOf(0x0a, start) : -1;
		if (end === -1 || end >= this.#windowBytes) {
			this.#windowStart = offset;
			this.#windowBytes = readSync(this.#file.fd, window, 0, window.length, offset);
			start = 0;
			end = window.subarray(0, this.#windowBytes).indexOf(0x0a);
		}
		return end === -1 ? undefined : window.toString('utf8', start, end);
	}
}

/** Thrown if a state file cannot be used. */
export class StateUnusable extends Error {
	/** Whether it may be replaced with a new one. */
	readonly isReplaceable: boolean;

	constructor(message: string, isReplaceable: boolean) {
		super(message);
		this.isReplaceable = isReplaceable;
	}
}

/** Does not follow a link or block on a pipe. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

async function openToRead(path: string): Promise<FileHandle | undefined> {
	let file: FileHandle;
	try {
		file = await open(path, READ);
	} catch (error) {
		if (isCode(error, 'ENOENT')) {
			return undefined;
		}
		if (isCode(error, 'ELOOP')) {
			throw new StateUnusable('it is a symbolic link', false);
		}
		const isReplaceable = isCode(error, 'EACCES') || isCode(error, 'EPERM');
		throw new StateUnusable((error as Error).message, isReplaceable);
	}
	if (!(await file.stat()).isFile()) {
		await file.close();
		throw new StateUnusable('it is no regular file', false);
	}
	return file;
}

async function checkFormat(file: FileHandle, sizeBytes: number): Promise<void> {
	const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
	const start = buffer.toString('latin1', 0, bytesRead);
	if (sizeBytes === 0 || start.startsWith(`${STATE_HEADER}\n`)) {
		return;
	}
	const version = /^\{(?:"flagdl":"state",)?"version":(\d+)[,}]/.exec(start)?.[1];
	throw new StateUnusable(
		version === undefined
			? 'it is damaged'
			: `its version is ${version}, known is ${STATE_VERSION}`,
		true,
	);
}

async function isWritable(path: string): Promise<boolean> {
	try {
		await access(path, constants.W_OK);
		return true;
	} catch {
		return false;
	}
}

/**
 * Iterates over the lines of a file as Latin-1, one character per byte. Skips an unterminated last line
 * and lines that are too long.
 *
 * @returns Offset of the end of the last line; another run may be writing the next one.
 */
async function forEachLine(
	file: FileHandle,
	startBytes: number,
	onLine: (line: string, offset: number) => void,
): Promise<number> {
	const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
	let rest = '';
	let position = startBytes;
	for (;;) {
		const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
		if (bytesRead === 0) {
			return position - rest.length;
		}
		const text = rest + chunk.toString('latin1', 0, bytesRead);
		const textStart = position - rest.length;
		let start = 0;
		for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
			onLine(text.slice(start, end), textStart + start);
			start = end + 1;
		}
		rest = text.length - start > STATE_LINE_MAX_BYTES ? '' : text.slice(start);
		position += bytesRead;
	}
}
