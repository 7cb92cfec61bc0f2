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
	/** Rejects when the file cannot be written any more; otherwise it stays pending. */
	readonly failed: Promise<never>;
	write(entry: LogEntry): void;
	/** Writes the summary as the last line. */
	close(summary: LogSummary): Promise<void>;
}

/**
 * The request log as a file: one JSON object a line.
 *
 * @param signal - Ends the waiting for the reader of a pipe.
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
	// Who does not wait for it need not hear of it.
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

/** Opening a pipe that has no reader would hold a thread for ever; a socket is polled. */
async function openStream(path: string, signal: AbortSignal): Promise<Writable> {
	if (statSync(path, { throwIfNoEntry: false })?.isFIFO() === true) {
		return new Socket({ fd: await openForWriting(path, signal), readable: false, writable: true });
	}
	const file = createWriteStream(path);
	await once(file, 'open');
	return file;
}
