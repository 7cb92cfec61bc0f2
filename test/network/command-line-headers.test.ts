import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';
import { GIF, startHoldServer } from '../helpers/hold-server.ts';
import { REPORT_NAMES, REPORT_OPTIONS } from '../helpers/report-names.ts';

const SECRET = 'Bearer s3cr3t-of-the-list';

const sha512 = createHash('sha512').update(GIF).digest('hex');

async function startElsewhere() {
	const server = await startHoldServer();
	onTestFinished(async () => await server.close());
	return server;
}

const tokenOf = ({ headers }: IncomingMessage) => headers.authorization;

describe('headers of a target', () => {
	it.for(['sequential', 'async', 'threads'])(
		'go to its own origin only, by %s',
		async (strategy, { server: origin, folder }) => {
			const elsewhere = await startElsewhere();
			const move = (path: string, location: string) => {
				origin.answer(path, (_, response) => {
					response.writeHead(302, { location }).end();
				});
			};
			move('/away.gif', `${elsewhere.url}/away.gif`);
			move('/home.gif', '/a.gif');
			origin.answer('/gone.gif', (_, response) => {
				response.writeHead(404).end();
			});
			const headers = { Authorization: SECRET, 'user-agent': 'mine' };
			const mirrors = [`${elsewhere.url}/mirror.gif`, `${origin.url}/same.gif`];
			const list = [
				{ url: `${origin.url}/away.gif`, headers },
				{ url: `${origin.url}/home.gif`, headers },
				{ url: `${origin.url}/gone.gif`, dest: 'gone.gif', mirrors, headers },
				{ url: `${origin.url}/plain.gif` },
			];
			const input = list.map((line) => JSON.stringify(line)).join('\n');

			const args = ['-i', '-', '--strategy', strategy, '-H', 'User-Agent: all', '-H', 'X-All: 1'];
			const { code, stderr } = await flagdl(args, folder, { input });

			expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
			const seen = origin.requests.map((request) => [request.url, tokenOf(request)]);
			expect(new Map(seen as [string, string][])).toEqual(
				new Map([
					['/away.gif', SECRET],
					['/home.gif', SECRET],
					['/a.gif', SECRET],
					['/gone.gif', SECRET],
					['/plain.gif', undefined],
				]),
			);
			expect(elsewhere.requests.map(({ url }) => url).sort()).toEqual(['/away.gif', '/mirror.gif']);
			expect(elsewhere.requests.map(tokenOf)).toEqual([undefined, undefined]);
			const agents = origin.requests.map(({ url, headers: sent }) => [url, sent['user-agent']]);
			expect(Object.fromEntries(agents)).toMatchObject({ '/a.gif': 'mine', '/plain.gif': 'all' });
			expect(origin.requests.every(({ headers: sent }) => sent['x-all'] === '1')).toBe(true);
		},
	);

	it('are in no report and no message, and in a failed-file that only its owner may read', async ({
		server: origin,
		folder,
	}) => {
		origin.answer(undefined, (request, response) => {
			response.writeHead(tokenOf(request) === SECRET ? 503 : 401).end();
		});
		const line = {
			url: `${origin.url}/a.gif`,
			dest: 'x/a.gif',
			sha512,
			integrity: `sha384-${createHash('sha384').update(GIF).digest('base64')}`,
			headers: { Authorization: SECRET },
		};
		await writeFile(join(folder, 'list'), JSON.stringify(line));
		const common = ['-i', 'list', '--retry', '0', '--failed-file', 'failed', ...REPORT_OPTIONS];

		const plain = await flagdl([...common, '-v'], folder);
		const json = await flagdl([...common, '--json'], folder);
		const plans = [
			await flagdl(['-i', 'list', '--dry-run'], folder),
			await flagdl(['-i', 'list', '--dry-run', '--json'], folder),
		];

		expect([plain.code, json.code, ...plans.map(({ code }) => code)]).toEqual([1, 1, 0, 0]);
		const told = [plain, json, ...plans].map(({ stdout, stderr }) => stdout + stderr);
		for (const name of REPORT_NAMES) {
			told.push(await readFile(join(folder, name), 'utf8'));
		}
		for (const text of told) {
			expect(text).toContain(`${origin.url}/a.gif`);
			expect(text).not.toMatch(/s3cr3t/);
		}
		expect(plans[0]?.stdout).toContain(`sha512 ${sha512}`);
		expect(await readFile(join(folder, 'failed'), 'utf8')).toContain(SECRET);
		expect((await stat(join(folder, 'failed'))).mode & 0o777).toBe(0o600);

		origin.answer(undefined, (request, response) => {
			response.writeHead(tokenOf(request) === SECRET ? 200 : 401).end(GIF);
		});
		const again = await flagdl(['-i', 'failed'], folder);
		expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: '' });
		expect(await readdir(join(folder, 'downloads/x'))).toEqual(['a.gif']);
	});
});

describe('digests of a target', () => {
	const wrong = (digits: number) => 'ab'.repeat(digits / 2);
	const integrity = (algorithm: string) =>
		`${algorithm}-${createHash(algorithm).update(GIF).digest('base64')}`;

	it.for([
		[{ sha512 }, 'ok'],
		[{ sha512: wrong(128) }, 'SHA-512 is'],
		[{ integrity: integrity('sha384') }, 'ok'],
		[{ integrity: integrity('sha512'), sha256: wrong(64) }, 'SHA-256 is'],
		[{ integrity: `sha384-${Buffer.from(wrong(96), 'hex').toString('base64')}` }, 'SHA-384 is'],
	] as const)('are compared: %j', async ([members, ending], { server, folder }) => {
		const input = JSON.stringify({ url: `${server.url}/a.gif`, ...members });

		const ran = await flagdl(['-i', '-', '--retry', '0'], folder, { input });

		expect(ran.code).toBe(ending === 'ok' ? 0 : 1);
		expect(ran.stderr).toContain(ending === 'ok' ? '' : ending);
	});

	it('come from a file of sha512sum, too', async ({ server, folder }) => {
		await writeFile(join(folder, 'SUMS'), `${sha512}  a.gif\n${wrong(128)}  b.gif\n`);
		const args = ['--checksums', 'SUMS', '--retry', '0', '--json'];

		const ran = await flagdl([`${server.url}/a.gif`, `${server.url}/b.gif`, ...args], folder);

		expect(ran.code).toBe(1);
		expect(ran.stdout).toContain(`expected ${wrong(128)}`);
		expect(ran.stdout).toContain(
			'"totals":{"ok":1,"unchanged":0,"skipped":0,"not_found":0,"error":1',
		);
	});
});
