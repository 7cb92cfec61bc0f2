import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';
import { GIF, startHoldServer } from '../helpers/hold-server.ts';
import { REPORT_NAMES, REPORT_OPTIONS } from '../helpers/report-names.ts';
import { expectWithin } from '../helpers/within.ts';

describe('flagdl, with a user and password in a URL', () => {
	const LOGIN = 'me:s%40cret';
	const BASIC = `Basic ${Buffer.from('me:s@cret').toString('base64')}`;

	it('sends them as Basic, shows them nowhere, and keeps them for another run', async ({
		server: origin,
		folder,
	}) => {
		const mirror = await startHoldServer();
		onTestFinished(async () => await mirror.close());
		for (const server of [origin, mirror]) {
			server.answer(undefined, ({ headers }, response) => {
				response.writeHead(headers.authorization === BASIC ? 503 : 401).end();
			});
		}
		const withLogin = (url: string) => url.replace('//', `//${LOGIN}@`);
		const list = [
			`${withLogin(origin.url)}/a.gif\tx/a.gif`,
			JSON.stringify({ url: `${origin.url}/b.gif`, mirrors: [withLogin(mirror.url)] }),
		];
		await writeFile(join(folder, 'list'), list.join('\n'));
		const common = ['-i', 'list', '--retry', '0', '--failed-file', 'failed', ...REPORT_OPTIONS];

		const plain = await flagdl([...common, '-v'], folder);
		const json = await flagdl([...common, '--json'], folder);
		const plan = await flagdl(['-i', 'list', '--dry-run', '--json'], folder);

		expect([plain.code, json.code, plan.code]).toEqual([1, 1, 0]);
		const told = [plain, json, plan].map(({ stdout, stderr }) => stdout + stderr);
		for (const name of REPORT_NAMES) {
			told.push(await readFile(join(folder, name), 'utf8'));
		}
		for (const text of told) {
			expect(text).toContain(`${origin.url}/a.gif`);
			expect(text).not.toMatch(/s(@|%40)cret/);
			expect(text).not.toContain(BASIC.slice(6));
		}
		expect(plain.stdout).toContain('503 Service Unavailable');

		const failed = await readFile(join(folder, 'failed'), 'utf8');
		expect(failed).toContain(`${withLogin(origin.url)}/a.gif\tx/a.gif`);
		expect((await stat(join(folder, 'failed'))).mode & 0o777).toBe(0o600);
		for (const server of [origin, mirror]) {
			server.answer(undefined, ({ headers, url }, response) => {
				const allowed = headers.authorization === BASIC || url === '/b.gif';
				response.writeHead(allowed ? 200 : 401).end(GIF);
			});
		}
		const again = await flagdl(['-i', 'failed'], folder);
		expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: '' });
	});

	it.for([
		[['br', '-s', 'URL/flags', '--with-names']],
		[['br', '--template', 'URL/{cc}.gif']],
		[['br', '-s', 'ELSE', '--mirror', 'URL', '--retry', '0']],
		[['URL/a.gif']],
	] as const)('sends them for %j', async ([args], { server: origin, folder }) => {
		const elsewhere = await startHoldServer();
		onTestFinished(async () => await elsewhere.close());
		elsewhere.answer(undefined, (_request, response) => response.writeHead(500).end());
		origin.answer(undefined, ({ headers, url }, response) => {
			response.writeHead(headers.authorization === BASIC ? 200 : 401);
			response.end(url?.endsWith('.json') === true ? '{"country": "Brazil"}' : GIF);
		});
		const url = origin.url.replace('//', `//${LOGIN}@`);
		const filled = args.map((arg) => arg.replace('URL', url).replace('ELSE', elsewhere.url));

		const { code, stdout, stderr } = await flagdl([...filled, '--json'], folder);

		expect(code).toBe(0);
		expect(stdout + stderr).not.toContain('cret');
		expect(elsewhere.requests.every(({ headers }) => headers.authorization === undefined)).toBe(
			true,
		);
	});
});

describe('flagdl, with mirrors', () => {
	it('takes the first good answer, and leaves the slower one', async ({
		server: origin,
		folder,
	}) => {
		const mirror = await startHoldServer();
		onTestFinished(async () => await mirror.close());
		origin.hold('/a.gif', '/b.gif');
		const list = [
			`${origin.url}/a.gif`,
			JSON.stringify({ url: `${origin.url}/b.gif`, mirrors: [`${mirror.url}/other.gif`] }),
		];

		const args = ['-i', '-', '--mirror', mirror.url, '--json'];
		const { code, stdout } = await flagdl(args, folder, { input: list.join('\n') });
		await origin.idle();

		const end = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
		expect(code).toBe(0);
		expect(end).toMatchObject({ totals: { ok: 2 }, requests: 4 });
		// The head start of a second, and no wait without effect.
		expect(end['wallMs']).toBeGreaterThan(900);
		expectWithin(3000, performance.now() - Number(end['wallMs']));
		expect(mirror.requests.map(({ url }) => url).sort()).toEqual(['/a.gif', '/other.gif']);
		expect((await readdir(join(folder, 'downloads'))).sort()).toEqual(['a.gif', 'b.gif']);
	});
});
