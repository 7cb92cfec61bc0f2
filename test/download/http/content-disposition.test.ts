import { expect, it } from 'vitest';
import { parseFileName } from '../../../src/download/response-name.ts';

it.each<[field: string | undefined, name: string | undefined]>([
	[undefined, undefined],
	['', undefined],
	['attachment', undefined],
	['attachment; name="x"', undefined],
	['filename=x', undefined],
	// The disposition type, case and white space do not matter.
	['attachment; filename=x', 'x'],
	['inline;FileName = x ', 'x'],
	['form-data; name="file"; filename="x"', 'x'],
	['attachment; filename=a b; size=3', 'a b'],
	['attachment; filename= ; size=3', ''],
	// Quoted strings.
	['attachment; filename="a; filename=b"', 'a; filename=b'],
	['attachment; filename="a\\"b\\\\c\\\n"', 'a"b\\c\n'],
	['attachment; filename=a"b"', 'a"b"'],
	['attachment; filename=""', ''],
	// The first of two equal names; `filename*` before `filename`, in any order.
	['attachment; filename=a; filename=b', 'a'],
	["attachment; filename*=utf-8''a; filename*=utf-8''b", 'a'],
	["attachment; filename=a; filename*=UTF-8''b", 'b'],
	["attachment; FILENAME*=utf-8''b; filename=a", 'b'],
	// UTF-8 in a plain value; Latin-1 if it is not UTF-8.
	['attachment; filename="na\xc3\xafve"', 'naïve'],
	['attachment; filename="na\xefve"', 'naïve'],
	// RFC 8187.
	["attachment; filename*=UTF-8''na%C3%AFve%20%e2%82%ac", 'naïve €'],
	["attachment; filename*=UTF-8'en-GB'a%27b", "a'b"],
	['attachment; filename*="UTF-8\'\'a b"', 'a b'],
	["attachment; filename*=iso-8859-1'en'na%EFve%a3", 'naïve£'],
	["attachment; filename*=UTF-8''", ''],
	// If the extended value cannot be decoded, the plain one applies.
	["attachment; filename*=UTF-8''%ff; filename=a", 'a'],
	["attachment; filename*=UTF-8''%; filename=a", 'a'],
	["attachment; filename*=utf-16''a; filename=b", 'b'],
	['attachment; filename*=a; filename=b', 'b'],
	["attachment; filename*=x UTF-8''a; filename=b", 'b'],
	['attachment; filename*=UTF-8\'\'a"b"; filename=b', 'b'],
	["attachment; filename*=UTF-8''%ff", undefined],
])('of %j the name is %j', (field, name) => {
	expect(parseFileName(field)).toBe(name);
});
