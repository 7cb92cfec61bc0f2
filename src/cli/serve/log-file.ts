import { once } from 'node:events';
import { createWriteStream, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { openForWriting } from '../../reporters/files/write-through.ts';
import type { LogEntry, LogSummary } from '../../server/request-log.ts';
import { CannotRunError, systemReason } from '../../util/errors.ts';
import { jsonText } from '../../util/text.ts';

export interface LogFile {
	/** Rejects when writing fails; never resolves. */
	readonly failed: Promise<never>;
	write(entry: LogEntry): void;
	/** Writes the summary as the last line. */
	close(summary: LogSummary): Promise<void>;
}

/**
 * The request log as a file, one JSON object per line.
 *
 * @param signal - Aborts the wait for the reader of a pipe.
 * @throws {CannotRunError} When the file cannot be created.
 */
export async function openLogFile(path: string, signal: AbortSignal): Promise<LogFile> {
	const broken = (error: Error) =>
		new CannotRunError(`cannot write the log ${path}: ${systemReason(error)}`, { cause: error });
	const file = await openStream(path, signal).catch((error: unknown) => {
		throw broken(error as Error);
	});

	const failed = once(file, 'error').then(([error]: unknown[]) => {
		throw broken(error as Error);
	});
	// Avoids an unhandled rejection if the caller does not await it.
	failed.catch(() => {});

	const line = (type: string, value: object) => {
		file.write(`${jsonText({ type, ...value })}\n`);
	};
	return {
		failed,
		write: (entry) => line('request', entry),
		async close(summary) {
			line('summary', summary);
			file.end();
			await finished(file).catch((error: unknown) => {
				throw broken(error as Error);
			});
		},
	};
}

/** Opening a pipe without a reader would block a thread forever; a socket is polled. */
async function openStream(path: string, signal: AbortSignal): Promise<Writable> {
	if (statSync(path, { throwIfNoEntry: false })?.isFIFO() === true) {
		return new Socket({ fd: await openForWriting(path, signal), readable: false, writable: true });
	}
	const file = createWriteStream(path);
	await once(file, 'open');
	return file;
}
