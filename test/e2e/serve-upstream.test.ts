import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeIdentity } from '../../src/server/certificate.ts';
import { flagdl } from '../helpers/flagdl.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const ASK =
	'for (const n of [1, 2]) { const r = await fetch(process.env.FLAGDL_BASE_URL + "/a"); console.log(r.status, await r.text()); }';

async function scenarioFile(rule: object): Promise<string> {
	const file = join(await temporaryFolder(), 'faults.json');
	writeFileSync(file, JSON.stringify({ version: 1, rules: [{ id: 'one', ...rule }] }));
	return file;
}

it('stands in front of a service for a command', async () => {
	const server = createServer((_, response) => response.end('true'));
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', () => resolve());
	});
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const file = await scenarioFile({ attempts: '1', then: { type: 'status', status: 503 } });
	const command = ['--', process.execPath, '--input-type=module', '-e', ASK];
	const run = await flagdl(
		['serve', '--upstream', url, '--scenario', file, ...command],
		await temporaryFolder(),
	);
	server.close();

	expect(run).toMatchObject({ code: 0, stdout: '503 503 by the scenario\n\n200 true\n' });
});

it('stands in front of a service of HTTPS whose certificate is good', async () => {
	const folder = await temporaryFolder();
	const { cert, key, ca } = await makeIdentity('127.0.0.1');
	writeFileSync(join(folder, 'ca.pem'), ca);
	const server = createSecureServer({ cert, key }, (_, response) => response.end('true'));
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', () => resolve());
	});
	const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const args = ['serve', '--upstream', url, '--', process.execPath, '--input-type=module', '-e'];
	const trusted = await flagdl([...args, ASK], folder, {
		env: { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
	});
	const untrusted = await flagdl([...args, ASK], folder);
	server.close();

	expect(trusted.stdout).toBe('200 true\n200 true\n');
	expect(untrusted.stdout).toMatch(/^502 the service could not be reached: [A-Z_]+\n/);
});

it.each([
	[{ then: { type: 'substitute', with: 'other-file' } }, '/rules/0/then/type: found "substitute"'],
	[{ select: { exactly: 2 }, then: { type: 'reset' } }, '/rules/0/select/exactly'],
	[{ match: { codes: ['br'] }, then: { type: 'reset' } }, '/rules/0/match/codes'],
	[{ then: { type: 'truncate' } }, '/rules/0/then/at: is a fraction'],
])('refuses what it cannot do: %o', async (rule, message) => {
	const file = await scenarioFile(rule);
	const checked = await flagdl(['scenario', 'check', file, '--upstream'], await temporaryFolder());
	const served = await flagdl(
		['serve', '--upstream', 'http://127.0.0.1:9', '--scenario', file],
		await temporaryFolder(),
	);

	expect([checked.code, served.code]).toEqual([2, 2]);
	expect(checked.stderr).toContain(message);
	expect(served.stderr).toContain(message);
});

it('refuses a time limit of no service', async () => {
	const run = await flagdl(['serve', '--upstream-timeout', '9s'], await temporaryFolder());

	expect(run.code).toBe(2);
	expect(run.stderr).toContain('--upstream-timeout is for --upstream <url>');
});

it('refuses what is no origin, and does not print a password', async () => {
	const run = await flagdl(
		['serve', '--upstream', 'http://me:s3cret@127.0.0.1:9'],
		await temporaryFolder(),
	);

	expect(run.code).toBe(2);
	expect(run.stderr).toContain('--upstream: found a name or password');
	expect(run.stderr).not.toContain('s3cret');
});
