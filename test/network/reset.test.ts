import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { FLAGDL, type Ran, startProcess } from '../helpers/flagdl.ts';
import { startProxy } from '../helpers/proxy.ts';
import { suiteFolder } from '../helpers/temporary-folder.ts';
import { TestAuthority } from '../helpers/tls.ts';
import { listen } from './listen.ts';
import { bytesOf, startRawOrigin } from './raw-origin.ts';

const keys = await suiteFolder();
const authority = new TestAuthority(keys, 'authority');
const identity = authority.issue('origin');
await writeFile(join(keys, 'ca.pem'), authority.cert);
const CONTENT = 'the first half';
const OK = ['HTTP/1.1 200 OK', 'Connection: close'];

/** Starts the command. `whileStopped` stops the process during `act`, so that it sees all events at once. */
function start(folder: string, args: readonly string[]) {
	const [node, bin] = FLAGDL;
	const more = ['-d', 'out', '--retry', '0', '--json', '--cacert', join(keys, 'ca.pem')];
	const { child, ended } = startProcess(node, [bin, ...args, ...more], folder);
	const whileStopped = (act: () => void) => {
		child.kill('SIGSTOP');
		act();
		child.kill('SIGCONT');
	};
	return { whileStopped, ended };
}

function codeOf({ stdout }: Ran): string | undefined {
	const events = stdout
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line) as { type: string; error?: { code: string } });
	return events.find(({ type }) => type === 'outcome')?.error?.code;
}

describe.each([
	['the end of the connection', []],
	['a length', [`Content-Length: ${2 * CONTENT.length}`]],
])('content that ends with %s, whose last bytes come with a reset,', (_, fields) => {
	it.for(['async', 'threads', 'sequential'])('is not whole: %s', async (strategy, { folder }) => {
		const { url } = await startRawOrigin((socket) => {
			run.whileStopped(() => {
				socket.write(bytesOf([...OK, ...fields], CONTENT));
				socket.resetAndDestroy();
			});
		});
		const run = start(folder, [`${url}/a.txt`, '--strategy', strategy]);

		expect(codeOf(await run.ended)).toBe('ECONNRESET');
		expect(existsSync(join(folder, 'out/a.txt'))).toBe(false);
	});
});

describe.each(['directly', 'through a tunnel'])('over TLS, %s', (way) => {
	it('an orderly end is the end of the content', async ({ folder }) => {
		const server = createServer(identity, ({ socket }) => socket.end(bytesOf(OK, CONTENT)));
		const url = `https://localhost:${await listen(server)}/a.txt`;
		const proxy = way === 'directly' ? [] : ['--proxy', (await startProxy()).url];

		const { code } = await start(folder, [url, ...proxy]).ended;

		expect(code).toBe(0);
		expect(await readFile(join(folder, 'out/a.txt'), 'utf8')).toBe(CONTENT);
	});
});

it('a reset that comes with the last bytes over TLS is no end of the content', async ({
	folder,
}) => {
	const raw: Socket[] = [];
	const server = createServer(identity, ({ socket }) => {
		run.whileStopped(() => {
			socket.write(bytesOf(OK, CONTENT));
			raw[0]?.resetAndDestroy();
		});
	});
	server.on('connection', (socket: Socket) => raw.push(socket));
	const run = start(folder, [`https://localhost:${await listen(server)}/a.txt`]);

	expect(codeOf(await run.ended)).toBe('ECONNRESET');
	expect(existsSync(join(folder, 'out/a.txt'))).toBe(false);
});
