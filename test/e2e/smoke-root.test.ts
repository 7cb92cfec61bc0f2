import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';
import { treeContents, writeTree } from '../helpers/tree.ts';

const CURL =
	'curl -fsSZ --retry 3 --retry-all-errors --remove-on-error --no-clobber --remote-name-all {urls}';

/** A tree, and a scenario with one fault for each of its files. */
function prepare(folder: string, then: object = { type: 'status', status: 503 }): void {
	writeTree(join(folder, 'files'), treeContents());
	const document = { version: 1, name: 'once', rules: [{ id: 'first', attempts: '1', then }] };
	writeFileSync(join(folder, 'once.json'), JSON.stringify(document));
}

const LINE = ['smoke', '--root', 'files', '--scenario', './once.json'];

describe('smoke --root', () => {
	it('passes flagdl, by every strategy', { timeout: 120_000 }, async ({ folder }) => {
		prepare(folder, { type: 'truncate' });
		const { code, stdout } = await flagdl([...LINE, '--scenario', 'clean'], folder);

		expect(stdout).not.toContain('FAIL');
		expect(stdout).toContain('9 of 9 as planned');
		expect(code).toBe(0);
	});

	it('passes a client that saves without folders, names as they stand in URLs', {
		timeout: 60_000,
	}, async ({ folder }) => {
		prepare(folder);
		const client = `sh -c 'for url in "$@"; do { new="../new-\${url##*/}"; curl -fsS --retry 3 --retry-delay 1 "$url" -o "$new" && mv "$new" "\${url##*/}"; } & done; wait' sh {urls}`;
		const { code, stdout } = await flagdl([...LINE, '--client', client], folder);

		expect(stdout).toContain('9 of 9 as planned');
		expect(code).toBe(0);
	});

	it('convicts one that leaves parts under final names, and one that does not retry', {
		timeout: 60_000,
	}, async ({ folder }) => {
		prepare(folder);
		const clients = [CURL, CURL.replace(' --retry 3', '')];
		const { code, stdout } = await flagdl(
			[...LINE, ...clients.flatMap((client) => ['--client', client])],
			folder,
		);

		expect(stdout).toContain('partial');
		expect(stdout).toContain('missed');
		expect(code).toBe(3);
	});

	it('takes a file once that is named twice', async ({ folder }) => {
		prepare(folder);
		const { code, stdout } = await flagdl(
			[...LINE, 'one', '/one', '--strategies', 'async'],
			folder,
		);

		expect(stdout).toMatch(/^ok +once async c=16 +1 of 1 as planned/m);
		expect(code).toBe(0);
	});

	it('says what is not in the folder, and what is for flags', async ({ folder }) => {
		prepare(folder);
		const missing = await flagdl([...LINE, 'ome'], folder);
		const all = await flagdl([...LINE, '-a'], folder);

		expect([missing.code, all.code]).toEqual([2, 2]);
		expect(missing.stderr).toContain(
			'found no file "ome" below --root; allowed: a path of one of its files; did you mean /one?',
		);
		expect(all.stderr).toContain('--all is for flags');
	});
});
