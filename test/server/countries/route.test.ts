import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FlagServer, startFlagServer } from '../../../src/server/start-flag-server.ts';

let server: FlagServer;

beforeAll(async () => {
	server = await startFlagServer();
});

afterAll(() => server.close());

describe('GET /countries', () => {
	it('gives the first 20 of all, the total twice, and the way on', async () => {
		const { status, headers, body } = await get('');

		expect(status).toBe(200);
		expect(headers.get('content-type')).toBe('application/json');
		expect(headers.get('x-total-count')).toBe('249');
		expect(headers.get('link')).toBe(
			'</countries?q=&page=1&per_page=20>; rel="first", ' +
				'</countries?q=&page=2&per_page=20>; rel="next", ' +
				'</countries?q=&page=13&per_page=20>; rel="last"',
		);
		expect(body).toMatchObject({ q: '', page: 1, per_page: 20, total: 249 });
		expect(body.countries).toHaveLength(20);
		expect(body.countries[0]).toEqual({
			country: 'Andorra',
			iso_cc: 'AD',
			tld_cc: '.ad',
			capital: 'Andorra la Vella',
			continent: 'Europe',
			flag: '/flags/ad/ad.gif',
		});
	});

	it('gives all matches, each once, over pages of any size', async () => {
		const pages = [
			await get('q=island&per_page=7'),
			await get('q=island&per_page=7&page=2'),
			await get('q=island&per_page=7&page=3'),
		];

		expect(pages.map(({ body }) => body.countries.length)).toEqual([7, 7, 4]);
		const codes = pages.flatMap(({ body }) => body.countries.map(({ iso_cc }) => iso_cc));
		expect(new Set(codes).size).toBe(18);
		expect(pages[1]?.headers.get('link')).toMatch(
			/rel="first".*rel="prev".*rel="next".*rel="last"/,
		);
		expect(pages[2]?.headers.get('link')).not.toContain('rel="next"');
	});

	it('writes queries into links so that they survive', async () => {
		const { headers } = await get(
			`${new URLSearchParams({ q: 'são, "a>&;' }).toString()}&per_page=1`,
		);

		const [, reference = ''] = /<([^>]*)>; rel="first"/.exec(headers.get('link') ?? '') ?? [];
		expect(new URL(reference, server.url).searchParams.get('q')).toBe('são, "a>&;');
	});

	it('has an empty page after the last, with the way back', async () => {
		const { status, headers, body } = await get('q=island&page=99');

		expect(status).toBe(200);
		expect(body).toMatchObject({ total: 18, countries: [] });
		expect(headers.get('link')).toContain('</countries?q=island&page=1&per_page=20>; rel="prev"');
	});

	it('gives 200 and nothing where nothing matches', async () => {
		const { status, body } = await get('q=qqq');
		expect(status).toBe(200);
		expect(body).toMatchObject({ total: 0, countries: [] });
	});

	it('allows 100 on a page', async () => {
		const { body } = await get('per_page=100');
		expect(body.countries).toHaveLength(100);
	});

	it.each([
		['page=0', 'page'],
		['page=-5', 'page'],
		['page=1.5', 'page'],
		['page=', 'page'],
		['page=one', 'page'],
		['page=99999999999999999999', 'page'],
		['page=1&page=2', 'found page 2 times; allowed: once'],
		['per_page=0', 'per_page'],
		['per_page=101', 'a whole number from 1 to 100'],
		['per_page=1e1', 'per_page'],
		['q=a&q=b', 'found q 2 times; allowed: once'],
		['q=%FF', 'UTF-8'],
		[`q=${'a'.repeat(1025)}`, '1025 bytes'],
	])('answers 400 to %s with a problem that names it', async (query, detail) => {
		const { status, headers, body } = await get(query);

		expect(status).toBe(400);
		expect(headers.get('content-type')).toBe('application/problem+json');
		expect(body).toMatchObject({ type: 'about:blank', title: 'Bad Request', status: 400 });
		expect(body.detail).toContain(detail);
	});

	it('answers HEAD with the same header and no body', async () => {
		const response = await fetch(`${server.url}/countries?q=island`, { method: 'HEAD' });

		expect(response.headers.get('x-total-count')).toBe('18');
		expect(await response.text()).toBe('');
	});
});

interface Body {
	readonly countries: readonly { readonly iso_cc: string }[];
	readonly detail?: string;
}

async function get(query: string): Promise<{ status: number; headers: Headers; body: Body }> {
	const response = await fetch(`${server.url}/countries?${query}`);
	return {
		status: response.status,
		headers: response.headers,
		body: (await response.json()) as Body,
	};
}
