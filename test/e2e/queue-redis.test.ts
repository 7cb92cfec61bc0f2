import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { flagdl } from '../helpers/flagdl.ts';
import { startWorker } from '../helpers/fleet.ts';
import { startHoldServer } from '../helpers/hold-server.ts';
import { freePort, skipWithoutRedis, startRedis } from '../helpers/redis.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { TestAuthority } from '../helpers/tls.ts';

const QUEUE = ['--strategy', 'queue'];

let cwd: string;
beforeEach(async () => {
	cwd = await temporaryFolder();
});

describe.skipIf(skipWithoutRedis())('how Redis is reached', () => {
	it('tells nobody the password, of the URL or of the environment', async () => {
		const password = randomUUID();
		const redis = await startRedis('--requirepass', password);
		onTestFinished(async () => await redis.close());
		const server = await startHoldServer();
		onTestFinished(async () => await server.close());
		const url = `redis://127.0.0.1:${redis.port}`;

		const worker = await startWorker({ redis, cwd });
		const args = ['-d', 'files', '--redis', url, ...QUEUE, `${server.url}/a.gif`, '-v'];
		const ran = await flagdl(args, cwd, { env: { FLAGDL_REDIS_PASSWORD: password } });
		const fromEnv = await flagdl(
			['-d', 'files', '--if-exists', 'overwrite', ...QUEUE, `${server.url}/a.gif`],
			cwd,
			{ env: { FLAGDL_REDIS_URL: redis.url } },
		);
		const wrong = await flagdl(args, cwd, { env: { FLAGDL_REDIS_PASSWORD: `${password}!` } });
		const none = await flagdl(args, cwd);
		worker.child.kill('SIGTERM');

		expect(ran.code).toBe(0);
		expect(fromEnv.code).toBe(0);
		expect(wrong).toMatchObject({ code: 4 });
		expect(wrong.stderr).toContain(`cannot go on without Redis at ${url}: WRONGPASS`);
		expect(none).toMatchObject({ code: 4 });
		expect(none.stderr).toContain(`cannot go on without Redis at ${url}: NOAUTH`);
		for (const { stdout, stderr } of [ran, fromEnv, wrong, none, await worker.ended]) {
			expect(stdout + stderr).not.toContain(password);
		}
	});

	it.each(['localhost', '127.0.0.1'])(
		'speaks TLS with %s, as a user of the access control list',
		async (host) => {
			const authority = new TestAuthority(cwd, 'authority');
			const { cert, key } = authority.issue('server');
			const [ca, crt, secret] = ['ca.pem', 'server.pem', 'server.key.pem'].map((name) =>
				join(cwd, name),
			) as [string, string, string];
			await writeFile(ca, authority.cert);
			await writeFile(crt, cert);
			await writeFile(secret, key);
			const tlsPort = String(await freePort());
			const redis = await startRedis(
				...['--tls-port', tlsPort, '--tls-cert-file', crt, '--tls-key-file', secret],
				...['--tls-ca-cert-file', ca, '--tls-auth-clients', 'no'],
				...['--user', 'flagdl', 'on', '>s3cret', '~{flagdl}*', '&{flagdl}*', '+@all'],
			);
			onTestFinished(async () => await redis.close());
			const server = await startHoldServer();
			onTestFinished(async () => await server.close());
			const url = `rediss://flagdl:s3cret@${host}:${tlsPort}`;
			const env = { NODE_EXTRA_CA_CERTS: ca };

			const worker = await startWorker({ redis: { ...redis, url }, cwd }, [], env);
			const args = ['-d', 'files', '--redis', url, ...QUEUE, `${server.url}/a.gif`];
			const trusted = await flagdl(args, cwd, { env });
			const stranger = await flagdl(args, cwd);
			worker.child.kill('SIGTERM');

			expect(trusted.code).toBe(0);
			expect(stranger.code).toBe(4);
			expect(stranger.stderr).toContain(`Redis at rediss://${host}:${tlsPort}: SELF_SIGNED_CERT`);
			expect((await worker.ended).stderr).not.toContain('s3cret');
			expect(trusted.stderr).not.toContain('Warning');
		},
	);
});

describe('without a Redis', () => {
	it.each([
		['get', [...QUEUE, '--redis', 'redis://me:hush@127.0.0.1:1', 'br']],
		['worker', ['worker', '--redis', 'redis://me:hush@127.0.0.1:1']],
	])('%s gives up after some tries, with its address and without its password', async (_, args) => {
		const { code, stderr } = await flagdl(args, cwd);

		expect(code).toBe(4);
		expect(stderr).toContain('cannot go on without Redis at redis://127.0.0.1:1: ECONNREFUSED');
		expect(stderr).not.toContain('hush');
	});

	it.each([
		[[...QUEUE, 'br'], 'found no Redis to use; give --redis redis://host:6379'],
		[
			[...QUEUE, '--redis', 'http://x', 'br'],
			'--redis: found the scheme "http:"; allowed: redis://',
		],
		[[...QUEUE, '--redis', 'redis://h', '--run-id', 'a b', 'br'], '--run-id: found "a b"'],
		[['--redis', 'redis://h', 'br'], '--redis is for --strategy queue; give both, or none'],
		[['--shard-size', '3', 'br'], '--shard-size is for --strategy queue'],
		[['worker', '--redis', 'redis://h', '--queue-prefix', '{x}'], '--queue-prefix: found "{x}"'],
		[['worker', '--redis', 'redis://h', '--strategy', 'sequential'], 'async, threads'],
	])('%j is a usage error', async (args, message) => {
		const { code, stderr } = await flagdl(args, cwd);

		expect(code).toBe(2);
		expect(stderr).toContain(message);
	});

	it.each([
		['get', [...QUEUE, '--redis', 'redis://127.0.0.1:1', 'br']],
		['worker', ['worker', '--redis', 'redis://127.0.0.1:1']],
	])('%s says how to install what is missing', async (_, args) => {
		// Simulates Node without the optional peer dependencies.
		const hooks = `export async function resolve(specifier, context, next) {
	if (specifier === 'bullmq') throw Object.assign(new Error('no bullmq'), { code: 'ERR_MODULE_NOT_FOUND' });
	return await next(specifier, context);
}`;
		await writeFile(join(cwd, 'hooks.mjs'), hooks);
		const register = `import { register } from 'node:module'; register(${JSON.stringify(pathToFileURL(join(cwd, 'hooks.mjs')).href)});`;
		await writeFile(join(cwd, 'register.mjs'), register);
		const env = { NODE_OPTIONS: `--import=${pathToFileURL(join(cwd, 'register.mjs')).href}` };

		const { code, stderr } = await flagdl(args, cwd, { env });

		expect(code).toBe(4);
		expect(stderr).toContain('not installed; run: npm install bullmq@6 ioredis@6');
	});
});
