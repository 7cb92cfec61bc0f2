import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { flagdl, startFlagdl } from '../helpers/flagdl.ts';
import { holds, noteRequest } from '../helpers/held-content.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const FILES = 120;
const LARGE = 8;
const KILLS_EACH = 20;

/** Content of a path: most files are small, some are larger than the minimum of a kept part. */
function contentOf(path: string): Buffer {
	const index = Number(/\d+/.exec(path)?.[0]);
	const seed = createHash('sha256').update(path).digest();
	return Buffer.alloc(index < LARGE ? 3 * 1024 * 1024 : 500 + index, seed);
}

/** Cuts off every seventh response. */
async function startServer() {
	let requests = 0;
	let alarm = { at: Number.POSITIVE_INFINITY, ring: () => {} };
	const server = createServer((request, response) => {
		requests += 1;
		if (requests >= alarm.at) {
			alarm.ring();
			alarm = { at: Number.POSITIVE_INFINITY, ring: () => {} };
		}
		noteRequest(`${url}${request.url ?? ''}`);
		const content = contentOf(request.url ?? '');
		const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
		const range = `bytes ${from}-${content.length - 1}/${content.length}`;
		response.writeHead(from > 0 ? 206 : 200, {
			'content-length': content.length - from,
			etag: '"one"',
			...(from > 0 && { 'content-range': range }),
		});
		if (requests % 7 === 0) {
			const half = from + Math.floor((content.length - from) / 2);
			response.write(content.subarray(from, half), () => response.socket?.destroy());
		} else {
			response.end(content.subarray(from));
		}
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	holds(url, contentOf);
	return {
		url,
		/** Resolves when this number of further requests has arrived. */
		further: async (count: number) =>
			await new Promise<void>((ring) => {
				alarm = { at: requests + count, ring };
			}),
	};
}

/** Asserts that the output directory has exactly the files of the list, byte for byte. */
function expectTheList(out: string, paths: readonly string[]): void {
	const found = readdirSync(out, { recursive: true, withFileTypes: true }).map(
		(entry) => `${entry.isDirectory() ? 'd' : 'f'} ${join(entry.parentPath, entry.name)}`,
	);
	const directories = new Set(paths.map((path) => `d ${join(out, dirname(path))}`));
	expect(found.sort()).toEqual([...directories, ...paths.map((path) => `f ${out}${path}`)].sort());
	for (const path of paths) {
		expect(readFileSync(join(out, path)).equals(contentOf(path)), path).toBe(true);
	}
}

describe.each(['async', 'threads', 'sequential'])('a run by %s', (strategy) => {
	it(`that is killed ${KILLS_EACH} times is completed by the next one, which leaves nothing else`, async () => {
		const server = await startServer();
		const folder = await temporaryFolder();
		const out = join(folder, 'out');
		const paths = Array.from({ length: FILES }, (_, index) => `/dir${index % 3}/f${index}.bin`);
		writeFileSync(join(folder, 'list'), paths.map((path) => `${server.url}${path}\n`).join(''));
		const args = [
			...['-i', 'list', '-d', 'out', '-o', '{path}', '--strategy', strategy, '--threads', '2'],
			...['-c', '6', '--retry', '8', '--progress', 'none', '--if-exists'],
		];
		let random = 7;

		// The last run overwrites files in the first round, and finds all of them complete in the second.
		for (const ifExists of ['overwrite', 'skip']) {
			for (let kill = 0; kill < KILLS_EACH / 2; kill += 1) {
				random = (random * 48_271) % 2_147_483_647;
				const { child, ended } = startFlagdl([...args, 'overwrite'], folder);
				await Promise.race([server.further(1 + (random % 60)), ended]);
				child.kill('SIGKILL');
				await ended;
			}
			const { code } = await flagdl([...args, ifExists], folder);

			expect(code).toBe(0);
			expectTheList(out, paths);
		}
	});
});

describe('two runs at once', () => {
	it('save the same files in one directory, and leave nothing else', async () => {
		const server = await startServer();
		const folder = await temporaryFolder();
		const paths = Array.from({ length: FILES }, (_, index) => `/dir${index % 3}/f${index}.bin`);
		writeFileSync(join(folder, 'list'), paths.map((path) => `${server.url}${path}\n`).join(''));
		const argsOf = (strategy: string) => [
			...['-i', 'list', '-d', 'out', '-o', '{path}', '--strategy', strategy, '--threads', '2'],
			...['-c', '6', '--retry', '8', '--progress', 'none', '--if-exists', 'overwrite'],
		];

		for (const [one, other] of [
			['async', 'threads'],
			['async', 'sequential'],
			['threads', 'threads'],
			['async', 'async'],
		] as const) {
			const ran = await Promise.all([flagdl(argsOf(one), folder), flagdl(argsOf(other), folder)]);

			expect(ran.map(({ code }) => code)).toEqual([0, 0]);
			expectTheList(join(folder, 'out'), paths);
		}
	});
});
