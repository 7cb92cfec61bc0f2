import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { downloadOptions } from '../../../src/cli/get/download-options.ts';
import type { GetFlags } from '../../../src/cli/get/options.ts';
import { getOptions } from '../../../src/cli/get/options.ts';
import { addOptions } from '../../../src/cli/options/option.ts';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../../src/download/options.ts';
import { suiteFolder } from '../../helpers/temporary-folder.ts';
import { TestAuthority } from '../../helpers/tls.ts';

const folder = await suiteFolder();
const { cert, key } = new TestAuthority(folder, 'trusted');
await writeFile(join(folder, 'authority.pem'), cert);
await writeFile(join(folder, 'identity.pem'), cert + key);
await writeFile(join(folder, 'netrc'), 'machine h.org login me password p');
await writeFile(join(folder, 'cookies.txt'), 'h.org\tTRUE\t/\tFALSE\t0\ta\t1\n');

const COOKIE = { path: '/', secure: false };
/** Options that require another one. */
const WITH: Partial<Record<string, Partial<DownloadOptions>>> = {
	clientCertificate: { clientKey: cert + key },
	clientKey: { clientCertificate: cert + key },
};

/** Command-line form of each option, and the resulting value. */
const WRITTEN: {
	readonly [K in keyof Required<DownloadOptions>]: readonly [string[], DownloadOptions[K]];
} = {
	ifExists: [['--if-exists', 'update'], 'update'],
	retries: [['--retry', '7'], 7],
	retryMaxTimeMs: [['--retry-max-time', '5m'], 300_000],
	connectTimeoutMs: [['--connect-timeout', '250ms'], 250],
	maxTimeMs: [['--max-time', '9'], 9_000],
	stallTimeMs: [['--stall-time', '2s'], 2_000],
	speedLimitBytesPerSecond: [['--speed-limit', '2k'], 2_048],
	speedTimeMs: [['--speed-time', '1m'], 60_000],
	maxFilesizeBytes: [['--max-filesize', '64k'], 65_536],
	remoteTime: [['--remote-time'], true],
	contentCheck: [['--no-content-check'], false],
	compressed: [['--compressed'], true],
	raw: [['--raw'], true],
	headers: [['-H', 'Accept: image/gif'], { accept: 'image/gif' }],
	rate: [['--rate', '5/15s'], { requests: 5, windowMs: 15_000 }],
	maxPerHost: [['--max-per-host', '3'], 3],
	proxy: [['--proxy', 'p:3128'], { httpProxy: 'http://p:3128', httpsProxy: 'http://p:3128' }],
	caCertificates: [['--cacert', 'authority.pem'], cert],
	clientCertificate: [['--cert', 'identity.pem'], cert + key],
	clientKey: [['--cert', 'identity.pem'], cert + key],
	resolve: [['--resolve', 'H.org:443:[::1],127.0.0.1'], { 'h.org:443': '::1,127.0.0.1' }],
	logins: [['--netrc', 'netrc'], [{ host: 'h.org', user: 'me', password: 'p' }]],
	cookies: [
		['--cookies', 'cookies.txt'],
		[{ ...COOKIE, name: 'a', value: '1', domain: 'h.org', includeSubdomains: true }],
	],
	insecure: [['--insecure'], true],
	seed: [['--seed', '11'], 11],
	detail: [[], false],
};

function told(args: readonly string[]): DownloadOptions {
	const command = new Command();
	addOptions(command, getOptions());
	const flags = Object.assign(
		{ header: {} },
		command.parse(args, { from: 'user' }).opts<GetFlags>(),
	);
	return downloadOptions(flags, { env: {}, cwd: folder, detail: false });
}

describe('the options of a download', () => {
	it('have the same defaults on the command line as in the library', () => {
		expect(told([])).toEqual(DEFAULT_OPTIONS);
	});

	it('take 0 for a speed that is no limit', () => {
		expect(told(['--speed-limit', '0']).speedLimitBytesPerSecond).toBe(0);
	});

	it('make a header field of --user, unless -H has it', () => {
		const basic = `Basic ${Buffer.from('mé:a:b').toString('base64')}`;
		expect(told(['-u', 'mé:a:b']).headers).toEqual({ authorization: basic });
		expect(told(['-u', 'a:b', '-H', 'Authorization: Bearer x']).headers).toEqual({
			authorization: 'Bearer x',
		});
	});

	it.each(Object.entries(WRITTEN))('%s is what the command line says', (name, [args, value]) => {
		expect(told(args)).toEqual({ ...DEFAULT_OPTIONS, ...WITH[name], [name]: value });
	});
});
