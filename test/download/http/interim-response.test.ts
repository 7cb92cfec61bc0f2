import { expect, it } from 'vitest';
import { checkInterim } from '../../../src/download/http/header-fields.ts';

it.each([
	[100, 1],
	[102, 100],
	[199, 1],
])('an interim answer %i, the %ith, is waited out', (status, count) => {
	expect(() => checkInterim(status, count)).not.toThrow();
});

it.each([
	[0, 1, 'an impossible status: 000'],
	[99, 1, 'an impossible status: 099'],
	[101, 1, '101 Switching Protocols, though no other protocol was asked for'],
	[103, 101, 'more than 100 interim answers (1xx)'],
])('an interim answer %i, the %ith, is refused: %s', (status, count, message) => {
	expect(() => checkInterim(status, count)).toThrow(expect.objectContaining({ message }));
	expect(() => checkInterim(status, count)).toThrow(expect.objectContaining({ code: 'bad_http' }));
});
