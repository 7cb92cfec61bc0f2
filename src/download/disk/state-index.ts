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

const PIECE_BYTES = 64 * 1024;

/**
 * Where the entries of a state file are: some 30 bytes for each, whatever its length. An entry is
 * read when it is asked for.
 */
export class StateIndex {
	readonly #file: FileHandle;
	readonly #dests = new TextIndex();
	/** By the number of the destination: where its last line begins. */
	#offsets = new Float64Array(1024);
	#lines = 0;
	#bytes = 0;
	/** What was read last: entries are often asked for in their order. */
	readonly #window: Buffer = Buffer.alloc(STATE_LINE_MAX_BYTES);
	#windowStart = 0;
	#windowBytes = 0;
	#shouldBeRewritten = false;

	private constructor(file: FileHandle) {
		this.#file = file;
	}

	/**
	 * @returns Undefined if there is none.
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
		await refuseOtherFormat(this.#file, size);
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

	/** Whether most of it has been replaced by later lines, or it cannot be appended to as it is. */
	get shouldBeRewritten(): boolean {
		return this.#shouldBeRewritten;
	}

	get isEmpty(): boolean {
		return this.#lines === 0;
	}

	get descriptor(): number {
		return this.#file.fd;
	}

	/** Whether the entry of this line has not been replaced. */
	isLatest(line: string, offset: number): boolean {
		const key = keyOfLine(line);
		const number = key === undefined ? undefined : this.#dests.find(key);
		// What was appended since it was loaded is kept.
		return key !== undefined && (offset >= this.#bytes || this.#offsets[number ?? -1] === offset);
	}

	/** @returns The last entry of a destination. */
	find(dest: string): StateEntry | undefined {
		const number = this.#dests.find(keyOf(dest));
		const line = number === undefined ? undefined : this.#lineAt(this.#offsets[number] ?? 0);
		const entry = line === undefined ? undefined : parseEntry(line);
		// Two destinations may have one hash, and the file may not be what it was.
		return entry?.dest === dest ? entry : undefined;
	}

	/** @returns Where the last line ended. */
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

/** Why a state file is not used. */
export class StateUnusable extends Error {
	/** Whether a new one may be put in its place. */
	readonly isReplaceable: boolean;

	constructor(message: string, isReplaceable: boolean) {
		super(message);
		this.isReplaceable = isReplaceable;
	}
}

/** A link is not followed, and a pipe that is there instead is not waited for. */
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

async function refuseOtherFormat(file: FileHandle, sizeBytes: number): Promise<void> {
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
 * The lines of a file as Latin-1: a character is a byte. What has no end is none, and so is what is
 * too long to be one.
 *
 * @returns Where the last line ended; another run may be writing the next one.
 */
async function forEachLine(
	file: FileHandle,
	startBytes: number,
	onLine: (line: string, offset: number) => void,
): Promise<number> {
	const piece = Buffer.allocUnsafe(PIECE_BYTES);
	let rest = '';
	let position = startBytes;
	for (;;) {
		const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, position);
		if (bytesRead === 0) {
			return position - rest.length;
		}
		const text = rest + piece.toString('latin1', 0, bytesRead);
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
