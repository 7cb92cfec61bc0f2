import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';

const CERTIFICATES = ['wrong-host', 'expired', 'untrusted'] as const;
const FLAGS = ['BR', 'CN', 'IN'];
const CURL = 'curl -fsSZ --retry 3 --remove-on-error --remote-name-all {urls}';

/** @returns Options that name the scenario of each certificate. */
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

	it('is asked for where a scenario needs it', async ({ folder }) => {
		const { code, stderr } = await flagdl(['smoke', ...scenariosIn(folder), ...FLAGS], folder);

		expect(stderr).toContain('the scenario wrong-host is for a server of HTTPS; give --tls');
		expect(code).toBe(2);
	});
});
