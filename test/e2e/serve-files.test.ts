import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';
import { treeContents, writeTree } from '../helpers/tree.ts';

const SHA256SUMS = 'cd saved && find . -type f | sort | xargs -d "\\n" sha256sum';

it('serves a folder to a command, whatever its files are called, and nothing outside of it', async ({
	folder,
}) => {
	writeTree(join(folder, 'files'), treeContents());
	writeFileSync(join(folder, 'secret'), 'not to be served');
	symlinkSync('../secret', join(folder, 'files', 'link'));
	const script = `set -e
mkdir saved saved/sub saved/sub/deeper
get() { curl -fsS --path-as-is "$FLAGDL_BASE_URL/$1" -o "saved/$2"; }
get empty.txt empty.txt; get one one; get small.bin small.bin; get large.bin large.bin
get with%20space.txt 'with space.txt'; get sub/a%23b.txt sub/a#b.txt; get sub/100%25.txt sub/100%.txt
get sub/deeper/%C3%BC.txt sub/deeper/ü.txt; get 9%20MiB.bin '9 MiB.bin'
for path in link ../secret %2e%2e/secret sub/%2e%2e%2f%2e%2e%2fsecret; do
  curl -s -o refused -w '%{http_code}\\n' --path-as-is "$FLAGDL_BASE_URL/$path"
done
${SHA256SUMS}`;
	const run = await flagdl(['serve', '--root', 'files', '--', 'sh', '-c', script], folder);
	const plan = await flagdl(['scenario', 'plan', 'clean', '--root', 'files', '--json'], folder);

	const [refused, sums] = [run.stdout.split('\n').slice(0, 4), run.stdout.split('\n').slice(4, -1)];
	expect(run).toMatchObject({ code: 0, stderr: '' });
	expect(refused).toEqual(['404', '404', '404', '404']);
	const { targets } = JSON.parse(plan.stdout) as { targets: { path: string; sha256: string }[] };
	const planned = targets.map(({ path, sha256 }) => `${sha256}  .${decodeURIComponent(path)}`);
	expect(sums.toSorted()).toEqual(planned.toSorted());
});

it('speaks HTTPS to a command that trusts its certificate, and to no other', async ({ folder }) => {
	const script = `curl -fsS "$FLAGDL_BASE_URL/br/br.gif" -o br.gif -w '%{http_code} %{scheme}\\n'
env -u CURL_CA_BUNDLE -u SSL_CERT_FILE curl -sS "$FLAGDL_BASE_URL/br/br.gif" -o other.gif; echo $?
node -e 'fetch(process.env.FLAGDL_BASE_URL + "/br/br.gif").then(({ status }) => console.log(status))'`;
	const run = await flagdl(['serve', '--tls', '--', 'sh', '-c', script], folder);

	expect(run.stdout.toLowerCase()).toBe('200 https\n60\n200\n');
	expect(run.stderr).toContain('certificate');
	expect(run.code).toBe(0);
});

it('refuses what is no certificate with its key', async ({ folder }) => {
	writeFileSync(join(folder, 'a.pem'), 'not PEM');
	const args = ['serve', '--tls-cert', 'a.pem', '--tls-key', 'a.pem', '--', 'true'];
	const { code, stderr } = await flagdl(args, folder);

	expect(code).toBe(2);
	expect(stderr).toContain('--tls-cert and --tls-key: found what OpenSSL does not take');
});

it.for(['expired', 'wrong-host', 'untrusted'])(
	'shows a certificate that is %s',
	async (certificate, { folder }) => {
		const document = { version: 1, tls: { certificate } };
		writeFileSync(join(folder, 'bad.json'), JSON.stringify(document));
		const command = ['sh', '-c', 'curl -sS "$FLAGDL_BASE_URL/br/br.gif" -o br.gif'];
		const run = await flagdl(
			['serve', '--tls', '--scenario', './bad.json', '--', ...command],
			folder,
		);

		expect(run.code).toBe(60);
	},
);
