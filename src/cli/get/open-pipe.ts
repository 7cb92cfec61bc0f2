import { createReadStream, fstatSync, open } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';

/**
 * Opens a named pipe, or what a shell makes of `<(command)`, so that reading it can be given up.
 *
 * A file stream reads in the thread pool, and a read that waits for a writer cannot be cancelled: it
 * would hold up even the end of the process. A socket is polled.
 */
export async function openPipe(path: string): Promise<Readable> {
	// A bare descriptor: a FileHandle would close it behind the socket's back.
	const fd = await promisify(open)(path, 'r');
	if (!fstatSync(fd).isFIFO() && !fstatSync(fd).isSocket() && !isatty(fd)) {
		// `/dev/null`: never waits.
		return createReadStream(path, { fd });
	}
	return new Socket({ fd, readable: true, writable: false });
}
