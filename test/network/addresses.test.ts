import { spawn, spawnSync } from 'node:child_process';
import dns, { type LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, vi } from 'vitest';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import { contextWith, download } from '../helpers/download.ts';
import { it } from '../helpers/fixtures.ts';
import { GIF, holds } from '../helpers/held-content.ts';
import { answerGif } from '../helpers/hold-server.ts';
import { listen } from './listen.ts';

async function get(
	folder: string,
	url: string,
	options: Partial<DownloadOptions> = {},
): Promise<Outcome> {
	const target = { id: url, index: 0, url, dest: join(folder, 'a') };
	return await download(target, contextWith(options));
}

/** Replaces the machine's resolver by one that finds these addresses. */
function resolveTo(...addresses: readonly string[]): void {
	const found: LookupAddress[] = addresses.map((address) => ({
		address,
		family: address.includes(':') ? 6 : 4,
	}));
	type Done = (error: null, addresses: LookupAddress[]) => void;
	const lookup = vi.spyOn(dns, 'lookup') as unknown as {
		mockImplementation(fake: (host: string, options: unknown, done: Done) => void): void;
	};
	lookup.mockImplementation((_host, _options, done) => done(null, found));
}

afterEach(() => {
	vi.restoreAllMocks();
});

describe('an origin', () => {
	it.for([
		['::1', '[::1]'],
		['127.0.0.1', 'localhost'],
		['127.0.0.1', '127.0.0.1'],
		['127.0.0.1', '127.1'],
	] as const)('on %s is found as %s', async ([host, hostname], { folder }) => {
		const port = await listen(createServer(answerGif), host);

		const outcome = await get(folder, `http://${hostname}:${port}/a.gif`);

		expect(outcome).toMatchObject({ status: 'ok', requests: 1 });
	});

	it.for([
		['127.0.0.1', ['::1', '127.0.0.1']],
		['::1', ['::1', '127.0.0.1']],
		['::1', ['127.0.0.1', '::1']],
	] as const)(
		'on %s alone is found behind a name with %j',
		async ([host, addresses], { folder }) => {
			const port = await listen(createServer(answerGif), host);
			resolveTo(...addresses);

			const outcome = await get(folder, `http://both.example:${port}/a.gif`);

			expect(outcome).toMatchObject({ status: 'ok', requests: 1, retries: 0 });
		},
	);

	it('that refuses on all its addresses is refused once, for each of them', async ({ folder }) => {
		const free = createTcpServer();
		const port = await listen(free, '::1');
		free.close();
		resolveTo('::1', '127.0.0.1');

		const outcome = await get(folder, `http://both.example:${port}/a.gif`, { retries: 0 });

		expect(outcome.failure).toEqual({
			code: 'ECONNREFUSED',
			message: `connection refused by both.example:${port}`,
			causes: [`connect ECONNREFUSED ::1:${port}`, `connect ECONNREFUSED 127.0.0.1:${port}`],
		});
	});

	it('without a name in the resolver is not found, and not asked again', async ({ folder }) => {
		const outcome = await get(folder, 'http://no-such-host.invalid/a.gif', { retries: 1 });

		expect(outcome.status).toBe('error');
		expect(outcome.failure?.message).toMatch(/no-such-host\.invalid/);
		expect(outcome).toMatchObject(
			// A machine without a resolver cannot know that the host does not exist.
			outcome.failure?.code === 'ENOTFOUND'
				? { requests: 0, retries: 0 }
				: { requests: 0, retries: 1, failure: { code: 'EAI_AGAIN' } },
		);
	});
});

/** Prints its port, and accepts no client until it reads a line. */
const SLOW_LISTENER = `
import socket, sys
listener = socket.socket(socket.AF_INET6)
listener.bind(('::1', 0))
listener.listen(0)
port = listener.getsockname()[1]
# The one place of its queue is taken: the next connection is kept waiting by the kernel.
first = socket.create_connection(('::1', port))
print(port, flush=True)
sys.stdin.readline()
listener.accept()
second, _ = listener.accept()
second.recv(65536)
second.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\nConnection: close\\r\\n\\r\\nlate!')
sys.stdin.readline()
`;
const python = spawnSync('python3', ['--version']).status === 0;
if (!python) {
	console.warn('without python3, slow connections are not tested');
}

describe.skipIf(!python)('an address that is slow to connect', () => {
	async function startSlow() {
		const child = spawn('python3', ['-c', SLOW_LISTENER], { stdio: ['pipe', 'pipe', 'inherit'] });
		onTestFinished(() => {
			child.kill('SIGKILL');
		});
		const [port] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
		return { port: Number(port), letIn: () => child.stdin.write('go\n') };
	}

	it('has more than the 250 ms that Node would give it', async ({ folder }) => {
		const slow = await startSlow();
		holds(`http://both.example:${slow.port}`, Buffer.from('late!'));
		// If flagdl gave it up, it would try the second address, which refuses.
		resolveTo('::1', '127.0.0.1');

		const outcome = get(folder, `http://both.example:${slow.port}/a.txt`, { retries: 0 });
		setTimeout(() => slow.letIn(), 400);

		expect(await outcome).toMatchObject({ status: 'ok', bytes: 5 });
	});

	it('is given up after two seconds where there is another', async ({ folder }) => {
		const slow = await startSlow();
		await listen(createServer(answerGif), '127.0.0.1', slow.port);
		holds(`http://both.example:${slow.port}`, GIF);
		resolveTo('::1', '127.0.0.1');

		const outcome = await get(folder, `http://both.example:${slow.port}/a.txt`, { retries: 0 });

		expect(outcome.status).toBe('ok');
		expect(outcome.endMs - outcome.startMs).toBeGreaterThan(1900);
	});

	it('is waited for until the connect time-out where there is no other', async ({ folder }) => {
		const slow = await startSlow();
		resolveTo('::1');

		const outcome = await get(folder, `http://one.example:${slow.port}/a.txt`, {
			retries: 0,
			connectTimeoutMs: 500,
		});

		expect(outcome.failure).toMatchObject({
			code: 'connect_timeout',
			message: `no connection to one.example:${slow.port} within 0.5 s`,
		});
	});
});
