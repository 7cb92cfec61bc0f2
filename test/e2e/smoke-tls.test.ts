import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';

const CERTIFICATES = ['wrong-host', 'expired', 'untrusted'] as const;
const FLAGS = ['BR', 'CN', 'IN'];
const CURL = 'curl -fsSZ --retry 3 --remove-on-error --remote-name-all {urls}';

/** @returns Options that name the scenario of each certificate fault. */
function scenariosIn(folder: string): readonly string[] {
	return CERTIFICATES.flatMap((certificate) => {
		const document = { version: 1, name: certificate, tls: { certificate } };
		writeFileSync(join(folder, `${certificate}.json`), JSON.stringify(document));
		return ['--scenario', `./${certificate}.json`];
	});
}

describe('smoke --tls', () => {
	it('passes flagdl, by every strategy', { timeout: 60_000 }, async ({ folder }) => {
		const line = ['smoke', '--tls', '--scenario', 'clean', ...scenariosIn(folder), ...FLAGS];
		const { code, stdout } = await flagdl(line, folder);

		expect(stdout).not.toContain('FAIL');
		expect(code).toBe(0);
	});

	it('passes a client that looks at the certificate', async ({ folder }) => {
		const line = ['smoke', '--tls', ...scenariosIn(folder), ...FLAGS];
		const { code, stdout } = await flagdl([...line, '--client', CURL], folder);

		expect(stdout).not.toContain('FAIL');
		expect(code).toBe(0);
	});

	it('convicts one that does not', async ({ folder }) => {
		const line = ['smoke', '--tls', ...scenariosIn(folder), ...FLAGS];
		const { code, stdout } = await flagdl([...line, '--client', `${CURL} -k`], folder);

		expect(stdout.match(/^FAIL/gm)).toHaveLength(CERTIFICATES.length);
		expect(code).toBe(3);
	});

	it('resets handshakes, which one that retries outlives and one that does not shows', async ({
		folder,
	}) => {
		const document = { version: 1, name: 'shaky', tls: { reset: 2 } };
		writeFileSync(join(folder, 'shaky.json'), JSON.stringify(document));
		const line = ['smoke', '--tls', '--scenario', './shaky.json', ...FLAGS];
		const fetchEach =
			'for url in {urls}; do curl -fsS ARGS "$url" -o ../new && mv ../new "$(basename "$url")" || exit 1; done';
		const retries = fetchEach.replace('ARGS', '--retry 3 --retry-all-errors --retry-delay 1');
		const clients = [[], ['--client', retries], ['--client', fetchEach.replace('ARGS', '')]];
		const [own, good, bad] = await Promise.all(
			clients.map(async (client) => await flagdl([...line, ...client], folder)),
		);

		expect(own?.stdout).not.toContain('FAIL');
		expect(good?.stdout).not.toContain('FAIL');
		expect([own?.code, good?.code]).toEqual([0, 0]);
		expect(bad?.stdout).toMatch(/^FAIL/m);
		expect(bad?.code).toBe(3);
	});

	it('is asked for where a scenario needs it', async ({ folder }) => {
		const { code, stderr } = await flagdl(['smoke', ...scenariosIn(folder), ...FLAGS], folder);

		expect(stderr).toContain('the scenario wrong-host is for a server of HTTPS; give --tls');
		expect(code).toBe(2);
	});
});
