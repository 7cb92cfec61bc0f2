import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextPage, parseLinkHeader } from '../../src/finder/find-over-http.ts';
import { expectWithin } from '../helpers/within.ts';

describe('parseLinkHeader', () => {
	it.each([
		['</a>; rel="next"', [['/a', 'next']]],
		['</a>;rel=next', [['/a', 'next']]],
		['</a> ; REL = "NEXT"', [['/a', 'next']]],
		[
			'</a>; rel="prev", </b>; rel="next"',
			[
				['/a', 'prev'],
				['/b', 'next'],
			],
		],
		['</a>; rel="last  next"', [['/a', 'last', 'next']]],
		['</a,b;c>; rel="next"', [['/a,b;c', 'next']]],
		['</a>; title="a, <b>; rel=\\"next\\""; rel="prev"', [['/a', 'prev']]],
		['</a>; rel="prev"; rel="next"', [['/a', 'prev']]],
		["</a>; title*=UTF-8''n%c3%a4chste; rel=next", [['/a', 'next']]],
		['</a>; rel', [['/a']]],
		['</a>; ; rel=next', [['/a', 'next']]],
		['</a>', [['/a']]],
		[', ,</a>; rel=next,', [['/a', 'next']]],
		['<>; rel=next', [['', 'next']]],
		['', []],
		['next', []],
		['</a', []],
		['</a>; rel=next, gibberish, </b>; rel=next', [['/a', 'next']]],
	])('reads %s', (value, expected) => {
		expect(parseLinkHeader(value).map(({ target, rels }) => [target, ...rels])).toEqual(expected);
	});

	it('takes back any target and title that were written by the rules', () => {
		const link = fc.record({
			target: fc.webUrl({ withQueryParameters: true }),
			title: fc.string({
				unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
			}),
			rel: fc.constantFrom('next', 'prev', 'last'),
		});

		fc.assert(
			fc.property(fc.array(link), (links) => {
				const value = links
					.map(
						({ target, title, rel }) =>
							`<${target}>; title="${title.replace(/["\\]/g, '\\$&')}"; rel="${rel}"`,
					)
					.join(', ');
				expect(parseLinkHeader(value)).toEqual(
					links.map(({ target, rel }) => ({ target, rels: [rel] })),
				);
			}),
		);
	});

	it('reads anything in time linear to its length', () => {
		const startMs = performance.now();
		for (const piece of ['<', '<a>;', '"', '<a>; rel="\\', ' ', ',', '<a>; ;']) {
			parseLinkHeader(piece.repeat(100_000));
		}
		expectWithin(2_000, startMs);
	});
});

describe('nextPage', () => {
	const url = new URL('http://127.0.0.1:8000/countries?page=1');

	it('resolves against the page that has the link', () => {
		expect(nextPage('<?page=2>; rel="next"', url)?.href).toBe(
			'http://127.0.0.1:8000/countries?page=2',
		);
		expect(nextPage('<http://other/>; rel=next', url)?.href).toBe('http://other/');
	});

	it('is undefined at the last page, for a link of something else, and for what is no URL', () => {
		expect(nextPage('</a>; rel="prev"', url)).toBeUndefined();
		expect(nextPage('</a>; rel="next"; anchor="/b"', url)).toBeUndefined();
		expect(nextPage('<http://[>; rel="next"', url)).toBeUndefined();
	});
});
