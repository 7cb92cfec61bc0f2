import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { explainInput } from '../../src/util/suggest.ts';

it('says what was found, what is allowed, and what was probably meant', () => {
	expect(explainInput('"x"', 'a, b')).toBe('found "x"; allowed: a, b');
	expect(explainInput('"x"', 'a, b', 'a')).toBe('found "x"; allowed: a, b; did you mean a?');
});

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

it('is the only place that spells the pattern', () => {
	const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
		.filter((file) => file.endsWith('.ts') && file !== join('util', 'suggest.ts'))
		.map((file) => ({ file, text: readFileSync(join(SRC, file), 'utf8') }));

	expect(files.length).toBeGreaterThan(300);
	const code = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, '');
	const spelled = files.filter(({ text }) =>
		/; allowed: |allowed is |Allowed is /.test(code(text)),
	);
	expect(spelled.map(({ file }) => file)).toEqual([]);
});
