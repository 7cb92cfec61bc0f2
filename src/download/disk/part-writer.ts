import type { Target } from '../../targets/target.ts';
import type { StreamedContent } from '../content/content.ts';
import { fileError } from './file-error.ts';
import { keepPart, type Part, RESUME_MIN_BYTES, type Version } from './kept-parts.ts';
import { PartFile } from './part-file.ts';
import type { PartsDirectory } from './parts-directory.ts';

/** The file that content is for. */
interface Destination {
	readonly target: Target;
	/** Absolute path of its final name. */
	readonly dest: string;
}

/** Large content on its way into a part file: counted and hashed as it goes by. */
export class PartWriter {
	readonly content: StreamedContent;
	readonly #file: PartFile;
	readonly #for: Destination;

	private constructor(file: PartFile, destination: Destination, content: StreamedContent) {
		this.#file = file;
		this.#for = destination;
		this.content = content;
	}

	/** @throws {DownloadError} */
	static async create(
		destination: Destination,
		content: StreamedContent,
		parts: PartsDirectory,
	): Promise<PartWriter> {
		try {
			const file = await PartFile.create(destination.dest, parts);
			return new PartWriter(file, destination, content);
		} catch (error) {
			throw writeError(destination, error);
		}
	}

	/** Goes on where a part ends. What is there is read for the digests. */
	static async resume(
		destination: Destination,
		content: StreamedContent,
		part: Part,
	): Promise<PartWriter> {
		const writer = new PartWriter(part.file, destination, content);
		try {
			await writer.#reread(part.bytes);
			return writer;
		} catch (error) {
			await part.file.discard();
			throw error;
		}
	}

	/** Appends the chunks, unless the content would be too large. @throws {DownloadError} */
	async write(chunks: readonly Buffer[]): Promise<void> {
		const positionBytes = this.content.bytes;
		for (const chunk of chunks) {
			this.content.update(chunk);
		}
		try {
			await this.#file.write(chunks, positionBytes);
		} catch (error) {
			throw writeError(this.#for, error);
		}
	}

	/** Gives the file its time and its final name. @throws {DownloadError} */
	async finish(modifiedMs: number | undefined): Promise<void> {
		try {
			await this.#file.moveTo(this.#for.dest, modifiedMs);
		} catch (error) {
			throw writeError(this.#for, error);
		}
	}

	/** Keeps what is there for a later try, if it is worth a range request. */
	async keep(url: string, version: Version, parts: PartsDirectory): Promise<void> {
		const { bytes } = this.content;
		if (bytes < RESUME_MIN_BYTES) {
			await this.discard();
		} else {
			await keepPart(this.#for.dest, url, { file: this.#file, bytes, version }, parts);
		}
	}

	async discard(): Promise<void> {
		await this.#file.discard();
	}

	async #reread(bytes: number): Promise<void> {
		const buffer = Buffer.alloc(256 * 1024);
		while (this.content.bytes < bytes) {
			const read = await this.#file.read(buffer, this.content.bytes);
			this.content.update(buffer.subarray(0, Math.min(read, bytes - this.content.bytes)));
		}
	}
}

function writeError({ target, dest }: Destination, error: unknown): Error {
	return fileError(target, 'write', dest, error);
}
