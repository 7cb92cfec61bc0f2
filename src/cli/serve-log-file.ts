import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { LogEntry, LogSummary } from '../server/request-log.ts';
import { CannotRunError } from '../util/errors.ts';
import { jsonText } from '../util/text.ts';

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
 * @throws {CannotRunError} When the file cannot be created.
 */
export async function openLogFile(path: string): Promise<LogFile> {
	const file = createWriteStream(path);
	const broken = (error: Error) =>
		new CannotRunError(`cannot write the log ${path}: ${error.message}`, { cause: error });
	try {
		await once(file, 'open');
	} catch (error) {
		throw broken(error as Error);
	}

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
