import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';

describe('get --tls', () => {
	it.for(['async', 'threads', 'sequential'])(
		'has flags over HTTPS, by %s',
		async (strategy, { folder }) => {
			const { code, stdout } = await flagdl(
				['get', 'BR', 'US', '--tls', '--strategy', strategy, '-d', 'flags'],
				folder,
			);

			expect([code, stdout]).toEqual([
				0,
				expect.stringContaining('2 flags (11 kB) saved to flags'),
			]);
		},
	);

	it.for([
		['expired', 'CERT_HAS_EXPIRED'],
		['wrong-host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
		['untrusted', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
	] as const)('meets a certificate that is %s', async ([certificate, name], { folder }) => {
		writeFileSync(join(folder, 's.json'), JSON.stringify({ version: 1, tls: { certificate } }));
		const met = await flagdl(['get', 'BR', '--tls', '--scenario', './s.json'], folder);
		const insecure = await flagdl(['get', 'BR', '--tls', '--scenario', './s.json', '-k'], folder);

		expect([met.code, met.stderr]).toEqual([1, expect.stringContaining(name)]);
		expect(insecure.code).toBe(0);
	});

	it('is asked for by a scenario of HTTPS, and is for the bundled server', async ({ folder }) => {
		writeFileSync(join(folder, 's.json'), '{"version":1,"tls":{"reset":2}}');
		const without = await flagdl(['get', 'BR', '--scenario', './s.json'], folder);
		const elsewhere = await flagdl(['get', 'BR', '--tls', '-s', 'http://127.0.0.1:9'], folder);

		expect([without.code, elsewhere.code]).toEqual([2, 2]);
		expect(without.stderr).toContain('the scenario s is for a server of HTTPS; give --tls');
		expect(elsewhere.stderr).toContain('--tls is for the bundled server, not for');
	});
});
