import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const DOCS = resolve(import.meta.dirname, '../../docs');

it('each source file of the guide to chapter 18 says which section of it is its idea', async () => {
	const guide = await readFile(join(DOCS, 'chapter-18.md'), 'utf8');
	const sections = guide.split(/^## (?=18\.\d)/m).slice(1);
	expect(sections).toHaveLength(6);

	const links = sections.flatMap((section) =>
		[...section.matchAll(/\]\((\.\.\/src\/[^)]+)\)/g)].map(
			([, file = '']) => [file, section.slice(0, 4)] as const,
		),
	);
	expect(links.length).toBeGreaterThan(13);
	for (const [file, section] of links) {
		const source = await readFile(join(DOCS, file), 'utf8');
		expect(source, file).toContain(`*Fluent Python*, ${section}`);
	}
});
