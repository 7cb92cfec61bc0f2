import { Readable, Writable } from 'node:stream';
import { runCommandLine } from '../../src/cli/command-line.ts';
import type { Io, Terminal } from '../../src/cli/io.ts';

/** Everything that a command line writes to the terminal. It runs in this process, since a start takes 0.2 s. */
export async function writtenBy(
	argv: readonly string[],
	cwd: string,
	env?: Io['env'],
): Promise<string> {
	const { io, text } = ioOf(argv, cwd, env);
	await runCommandLine(io);
	return text();
}

export function ioOf(argv: readonly string[], cwd: string, env: Io['env'] = {}) {
	const chunks: string[] = [];
	const stream: Terminal = new Writable({
		write(chunk: Buffer, _encoding, done) {
			chunks.push(chunk.toString());
			done();
		},
	});
	const io: Io = {
		argv,
		env,
		cwd,
		stdin: Readable.from([]),
		stdout: stream,
		stderr: stream,
		flush: () => Promise.resolve(),
		interrupted: new AbortController().signal,
	};
	return { io, text: () => chunks.join('') };
}
