import { describe, expect, it } from 'vitest';
import { parseLastModified } from '../../../src/download/http/response.ts';

const AT_MS = Date.UTC(2015, 9, 21, 7, 28, 0);

/** The results of `curl -R`, version 7.88.1, except for a leap second and a date of eight digits. */
describe('the time of a file after Last-Modified', () => {
	it.each([
		'Wed, 21 Oct 2015 07:28:00 GMT',
		'Wednesday, 21-Oct-15 07:28:00 GMT',
		'Wed Oct 21 07:28:00 2015',
		'wed, 21 oct 2015 07:28:00 gmt',
		'Mon, 21 Oct 2015 07:28:00 GMT',
		'21 Oct 2015 07:28:00 GMT',
		'Wed, 21 Oct 2015 07:28:00 UTC',
		'Wed, 21 Oct 2015 07:28:00',
		'Wed, 21 Oct 15 07:28:00 GMT',
		'Wed, 21 Oct 2015 09:28:00 +0200',
	])('is that of %s', (text) => {
		expect(parseLastModified(text)).toBe(AT_MS);
	});

	it.each([
		['Thu, 01 Jan 1970 00:00:00 GMT', 0],
		['Wed, 1 Oct 2015 07:28:00 GMT', Date.UTC(2015, 9, 1, 7, 28)],
		['Thu Oct  1 07:28:00 2015', Date.UTC(2015, 9, 1, 7, 28)],
		['Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
		['Wed, 21 Oct 2099 07:28:00 GMT', Date.UTC(2099, 9, 21, 7, 28)],
		['Fri, 31 Dec 9999 23:59:59 GMT', Date.UTC(9999, 11, 31, 23, 59, 59)],
	])('is that of %s, at the edges', (text, atMs) => {
		expect(parseLastModified(text)).toBe(atMs);
	});

	it.each([
		'',
		'-1',
		'0',
		'yesterday',
		'2015-10-21T07:28:00Z',
		'2015',
		'Wed, 21 Oct 1965 07:28:00 GMT',
		'Wed, 21 Oct 2015 25:28:00 GMT',
		'Wed, 21 Foo 2015 07:28:00 GMT',
		'Wed, 21 Oct 2015 07:28:00 GMT (Paris)',
		'Wed, 21 Oct 2015 07:28:00 GMT'.repeat(1000),
	])('is that of its writing for %.60s', (text) => {
		expect(parseLastModified(text)).toBeUndefined();
	});
});
