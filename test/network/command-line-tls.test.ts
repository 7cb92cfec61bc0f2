import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';
import { GIF } from '../helpers/hold-server.ts';
import { suiteFolder } from '../helpers/temporary-folder.ts';
import { selfSigned, TestAuthority } from '../helpers/tls.ts';
import { startTlsOrigin } from './tls-origin.ts';

const keys = await suiteFolder();
const authority = new TestAuthority(keys, 'authority');
const good = authority.issue('origin');
await writeFile(join(keys, 'ca.pem'), authority.cert);
const CACERT = ['--cacert', join(keys, 'ca.pem')];

describe('flagdl, over TLS', () => {
	it('downloads with --cacert, by each strategy', async ({ folder }) => {
		const { port, paths } = await startTlsOrigin(good);

		for (const strategy of ['async', 'threads']) {
			const args = [`https://localhost:${port}/a.gif`, '-d', strategy, '--strategy', strategy];
			const { code, stderr } = await flagdl([...args, ...CACERT], folder);

			expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
			expect(await readFile(join(folder, strategy, 'a.gif'))).toEqual(GIF);
		}
		expect(paths).toEqual(['/a.gif', '/a.gif']);
	});

	it('says what is wrong with a certificate, and exits with 1', async ({ folder }) => {
		const { port } = await startTlsOrigin(authority.issue('old', { days: [-9, -1] }));

		const { code, stderr } = await flagdl([`https://localhost:${port}/a.gif`, ...CACERT], folder);

		expect(code).toBe(1);
		expect(stderr).toContain(
			`the certificate of localhost:${port} has expired (CERT_HAS_EXPIRED), 0 requests`,
		);
	});

	it('does not trust an authority of its own accord, and warns with --insecure', async ({
		folder,
	}) => {
		const { port } = await startTlsOrigin(selfSigned(keys, 'self'));
		const url = `https://localhost:${port}/a.gif`;

		const careful = await flagdl([url], folder);
		const insecure = await flagdl([url, '--insecure'], folder);

		expect(careful.code).toBe(1);
		expect(careful.stderr).toContain(`the certificate of localhost:${port} is self-signed`);
		expect(insecure.code).toBe(0);
		expect(insecure.stderr).toBe(
			'flagdl: certificates are not checked (--insecure): anything on the way can answer\n',
		);
		expect(await readFile(join(folder, 'downloads', 'a.gif'))).toEqual(GIF);
	});

	it.for([
		['missing.pem', undefined, '--cacert: cannot read missing.pem: no such file or directory'],
		['empty.pem', '', '--cacert: found no certificate in empty.pem; allowed: a file of PEM'],
		[
			'bad.pem',
			'-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
			'--cacert: found a broken certificate in bad.pem; allowed: a file of PEM',
		],
	] as const)(
		'refuses %s as authority before the first request',
		async ([name, content, message], { folder }) => {
			if (content !== undefined) {
				await writeFile(join(folder, name), content);
			}

			const { code, stderr } = await flagdl(['https://localhost:9/a', '--cacert', name], folder);

			expect(code).toBe(2);
			expect(stderr).toContain(message);
		},
	);
});
