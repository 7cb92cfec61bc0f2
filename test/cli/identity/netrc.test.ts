import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { parseNetrc, readNetrc } from '../../../src/cli/identity/netrc.ts';
import type { Login } from '../../../src/download/options.ts';
import { it } from '../../helpers/fixtures.ts';
import { flagdl } from '../../helpers/flagdl.ts';

const H = { host: 'h.org', user: 'me', password: 'p' };

describe('a netrc file', () => {
	it.for<[what: string, text: string, logins: readonly Login[]]>([
		['nothing', '', []],
		['one line', 'machine h.org login me password p', [H]],
		['a word a line', 'machine\nh.org\r\n  login\n\tme\npassword\np', [H]],
		['password first', 'machine h.org password p login me', [H]],
		['upper case', 'MACHINE H.ORG Login me PassWord p', [H]],
		['an account', 'machine h.org login me account x password p', [H]],
		['comments', '# machine a login b password c\nmachine h.org # x\nlogin me password p #', [H]],
		[
			'quotes',
			'machine h.org login "me" password "a \\"b\\" \\\\ #c"',
			[{ ...H, password: 'a "b" \\ #c' }],
		],
		['an empty password in quotes', 'machine h.org login me password ""', [{ ...H, password: '' }]],
		[
			'an empty password before the next entry',
			'machine h.org login me password\nmachine i.org login you password 2\ndefault login x password',
			[
				{ ...H, password: '' },
				{ host: 'i.org', user: 'you', password: '2' },
				{ user: 'x', password: '' },
			],
		],
		[
			'a password that is a keyword',
			'machine h.org login me password machine',
			[{ ...H, password: 'machine' }],
		],
		['a macro', 'machine h.org login me password p\nmacdef init\nlogin x\npassword y\n\n', [H]],
		['default', 'default login me password p', [{ user: 'me', password: 'p' }]],
		['a machine without login', 'machine x.org\nmachine h.org login me password p', [H]],
		['default without login', 'default\nmachine h.org login me password p', [H]],
		['words before the first machine', 'login x password y machine h.org login me password p', [H]],
		[
			'several users of one host',
			'machine h.org login a password 1 machine h.org login b password 2',
			[
				{ host: 'h.org', user: 'a', password: '1' },
				{ host: 'h.org', user: 'b', password: '2' },
			],
		],
		['a keyword at its end', 'machine h.org login me password p machine', [H]],
		['bytes of anything', '\0\u0001\ufffd \u202e machine h.org login me password p', [H]],
	])('with %s', ([, text, logins]) => {
		expect(parseNetrc(text, 'netrc')).toEqual(logins);
	});

	it('of a megabyte is read in no time', () => {
		const text = 'machine h.org login me password "p \\" "\n'.repeat(25_000);
		expect(parseNetrc(text, 'netrc')).toHaveLength(25_000);
		expect(() => parseNetrc('"'.repeat(100_001), 'netrc')).toThrow(
			'found a quote that is not closed',
		);
		expect(() => parseNetrc(' \\"'.repeat(100_000), 'netrc')).not.toThrow();
	});

	it('has all its problems told at once, without the words in it', () => {
		const text = 'machine h.org login "S3CRET\npassword "S3CRET\nx';
		expect(() => parseNetrc(text, 'my-netrc')).toThrow(
			expect.objectContaining({
				message:
					'--netrc: my-netrc:1: found a quote that is not closed; allowed: a text in quotes, with \\" and \\\\ in it\n' +
					'--netrc: my-netrc:2: found a quote that is not closed; allowed: a text in quotes, with \\" and \\\\ in it',
			}) as Error,
		);
	});

	it('is ~/.netrc, which need not be there, unless another is named, which must', async ({
		folder,
	}) => {
		const place = { env: { HOME: folder }, cwd: folder };

		expect(readNetrc(true, place)).toEqual([]);
		expect(() => readNetrc('br', place)).toThrow(
			/^--netrc: cannot read br: no such file or directory; for ~\/\.netrc put --netrc behind all codes and URLs$/,
		);
		await writeFile(join(folder, '.netrc'), 'machine h.org login me password p');
		expect(readNetrc(true, place)).toEqual([H]);
		expect(readNetrc('~/.netrc', place)).toEqual([H]);
		expect(readNetrc('.netrc', place)).toEqual([H]);
	});
});

it('is not that of the working directory where HOME is empty', async ({ server, folder }) => {
	const { hostname } = new URL(server.url);
	await writeFile(join(folder, '.netrc'), `machine ${hostname} login me password p`);
	const { code } = await flagdl([`${server.url}/a.gif`, '--netrc'], folder, { env: { HOME: '' } });

	expect(code).toBe(0);
	// That of the user who runs the tests may say something else.
	expect(server.requests[0]?.headers.authorization).not.toBe(`Basic ${btoa('me:p')}`);
});
