import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

interface Reference {
	pages(): Readonly<Record<string, string>>;
}

it('the pages of docs/reference are what the code declares: npm run reference', async () => {
	const script = join(ROOT, 'scripts/reference.mjs');
	const reference = (await import(/* @vite-ignore */ script)) as Reference;

	for (const [file, text] of Object.entries(reference.pages())) {
		expect(await readFile(join(ROOT, 'docs/reference', file), 'utf8'), file).toBe(text);
	}
});
