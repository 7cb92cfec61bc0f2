import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isPlainWord, shellWord } from '../../src/util/shell.ts';

const text = fc
	.array(fc.constantFrom(...Array.from('ab\'"`$(){}[]*?~!#&;|<>\\ \t\n%=-_.,:/@+^é')), {
		minLength: 1,
	})
	.map((characters) => characters.join(''));

it('any text is one word of a shell, with nothing in it for the shell', () => {
	fc.assert(
		fc.property(fc.array(text, { maxLength: 20 }), (words) => {
			const line = ['printf', "'%s\\0'", ...words.map(shellWord)].join(' ');
			const said = execFileSync('sh', ['-c', line], { encoding: 'utf8' });
			expect(said.split('\0').slice(0, Math.max(1, words.length))).toEqual(
				words.length === 0 ? [''] : words,
			);
		}),
		{ numRuns: 50 },
	);
});

it('a plain word is the same, however many shells read it', () => {
	fc.assert(
		fc.property(text.filter(isPlainWord), (word) => {
			const line = `sh -c "sh -c 'printf %s ${word}'"`;
			expect(execFileSync('sh', ['-c', line], { encoding: 'utf8' })).toBe(word);
		}),
		{ numRuns: 20 },
	);
});
