import { describe, expect, it } from 'vitest';
import {
	isHarmlessField,
	isReservedField,
	targetFieldName,
	targetFieldValue,
} from '../../src/targets/header-field.ts';

describe('the name of a header field of a target', () => {
	it.each([
		['X-Key', 'x-key'],
		["!#$%&'*+.^_`|~0aZ-", "!#$%&'*+.^_`|~0az-"],
		['authorization', 'authorization'],
	])('%s is a name', (name, lower) => {
		expect(targetFieldName(name)).toBe(lower);
	});

	it.each(['', 'a b', 'a:', ' a', 'a ', 'ä', 'a\n'])('%j is none, and is not quoted', (name) => {
		expect(() => targetFieldName(name)).toThrow(
			/^found no name of a header field; allowed: letters, digits and dashes, such as Authorization$/,
		);
	});

	it.each([
		'Accept-Encoding',
		'Connection',
		'Content-Length',
		'Expect',
		'If-Match',
		'If-Modified-Since',
		'If-None-Match',
		'If-Range',
		'If-Unmodified-Since',
		'Keep-Alive',
		'Range',
		'TE',
		'Trailer',
		'Transfer-Encoding',
		'Upgrade',
	])('%s is what flagdl sets itself', (name) => {
		expect(isReservedField(name)).toBe(true);
		expect(() => targetFieldName(name)).toThrow(
			`found the header field ${name}, which flagdl sets itself`,
		);
	});

	it.each(['Host', 'Accept', 'User-Agent', 'Cookie', 'Ranges'])('%s may be set', (name) => {
		expect(isReservedField(name)).toBe(false);
		expect(targetFieldName(name)).toBe(name.toLowerCase());
	});

	it('may not be that for the proxy', () => {
		expect(() => targetFieldName('Proxy-Authorization')).toThrow(
			'found the header field Proxy-Authorization, which is for the proxy; give it with --header or in --proxy',
		);
	});
});

describe('the value of a header field of a target', () => {
	it.each([
		[' \t a \t b \t ', 'a \t b'],
		['', ''],
		['~é\u00ff!', '~é\u00ff!'],
	])('%j is sent as %j', (value, trimmed) => {
		expect(targetFieldValue('a', value)).toBe(trimmed);
	});

	it.each([
		['a\r\nb', 'a line break'],
		['a\nb', 'a line break'],
		['a\rb', 'a line break'],
		['a\u0000', 'a character that no field can have'],
		['a\u007f', 'a character that no field can have'],
		['\u0100', 'a character that no field can have'],
	])('%j is refused, and is not quoted', (value, found) => {
		expect(() => targetFieldValue('x-key', value)).toThrow(
			`found ${found} in the value of the header field x-key; allowed: one line of Latin characters`,
		);
	});
});

it.each([
	['accept', true],
	['accept-language', true],
	['user-agent', true],
	['referer', true],
	['acceptable', false],
	['x-accept', false],
	['x-user-agent', false],
	['user-agent-key', false],
	['x-referer', false],
	['referer-policy', false],
	['authorization', false],
	['cookie', false],
])('what the field %s holds is no secret: %s', (name, isHarmless) => {
	expect(isHarmlessField(name)).toBe(isHarmless);
});
