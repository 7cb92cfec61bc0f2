import { describe, expect, it } from 'vitest';
import { queryOf } from '../../src/cli/find-query.ts';
import { UsageError } from '../../src/util/errors.ts';

describe('queryOf', () => {
	it('joins words by a blank', () => {
		expect(queryOf([' são', 'tomé '])).toBe('são tomé');
		expect(queryOf(['a'.repeat(1024)])).toHaveLength(1024);
	});

	it.each([
		[['', ' '], 'blank'],
		[['a\nb'], 'U+000A'],
		[['a\u0085b'], 'U+0085'],
		[['é'.repeat(513)], '1026 bytes'],
	])('refuses %j, which not every server would take', (words, message) => {
		expect(() => queryOf(words)).toThrow(UsageError);
		expect(() => queryOf(words)).toThrow(message);
	});
});
