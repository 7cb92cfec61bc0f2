import { readdir, readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl, type Ran } from '../helpers/flagdl.ts';
import { listen } from './listen.ts';
import { FIXTURES, isInstalled, startNginx, startPythonServer } from './programs.ts';

const python = isInstalled('python3', '--version');
const nginx = isInstalled('nginx', '-v');
const FLAGS = 249;

/** Downloads all flags with the default options. */
const getAll = async (folder: string, url: string, ...more: readonly string[]): Promise<Ran> =>
	await flagdl(['--all', '--server', `${url}/flags`, '-d', 'out', ...more], folder);

async function expectAll(
	folder: string,
	{ code, stdout, stderr }: Ran,
	requestsPerFile = /1\.00 requests per flag/,
): Promise<void> {
	expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
	expect(stdout).toContain(`${FLAGS} flags (1.1 MB) saved to `);
	expect(stdout).toMatch(requestsPerFile);
	const names = await readdir(join(folder, 'out'));
	expect(names).toHaveLength(FLAGS);
	for (const name of names) {
		const saved = await readFile(join(folder, 'out', name));
		const served = await readFile(join(FIXTURES, 'flags', name.slice(0, 2), name));
		expect(saved.equals(served)).toBe(true);
	}
}

describe('by default, all flags come whole', () => {
	it.skipIf(!python)('from python3 -m http.server', async ({ folder }) => {
		await expectAll(folder, await getAll(folder, await startPythonServer()));
	});

	it.skipIf(!nginx)('from nginx', async ({ folder }) => {
		await expectAll(folder, await getAll(folder, await startNginx(folder)));
	});

	it.skipIf(!nginx)('from nginx that closes after every tenth request', async ({ folder }) => {
		await expectAll(
			folder,
			await getAll(folder, await startNginx(folder, { server: 'keepalive_requests 10;' })),
		);
	});

	it.skipIf(!nginx)(
		'from nginx that refuses more than 100 requests a second, without Retry-After',
		async ({ folder }) => {
			const url = await startNginx(folder, {
				http: 'limit_req_zone $binary_remote_addr zone=all:1m rate=100r/s;',
				server: 'limit_req zone=all burst=20 nodelay;',
			});

			await expectAll(folder, await getAll(folder, url), /requests per flag/);
		},
	);

	it.for<[string, RequestListener]>([
		[
			'closes each connection',
			(_request, response) => {
				response.setHeader('connection', 'close');
			},
		],
		[
			'closes each connection without a word',
			(_request, response) => {
				response.on('finish', () => response.socket?.end());
			},
		],
		[
			'sends chunks of no announced length',
			(_request, response) => {
				response.flushHeaders();
			},
		],
	] as const)('from a server that %s', async ([_name, prepare], { folder }) => {
		const server = createServer((request, response) => {
			prepare(request, response);
			const path = join(FIXTURES, request.url ?? '');
			readFile(path).then(
				(content) => response.end(content),
				() => response.writeHead(404).end(),
			);
		});

		await expectAll(folder, await getAll(folder, `http://127.0.0.1:${await listen(server)}`));
	});
});
