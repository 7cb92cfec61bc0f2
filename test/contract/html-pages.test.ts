import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import type { StrategyName } from '../../src/strategies/names.ts';
import { collect } from '../helpers/collect.ts';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';
import type { HoldServer } from '../helpers/hold-server.ts';
import { strategies } from '../helpers/strategies.ts';

const NAMES = (Object.keys(strategies) as StrategyName[]).filter((name) => name !== 'queue');

const PAGE = '<!doctype html>\n<title>Sign in</title><p>Sign in</p>\n';
const ICON = Buffer.from('00000100010001010000010018003000000016000000', 'hex');
const SVG =
	'<?xml version="1.0"?>\n<!-- drawn by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"></svg>\n';
const HTML = 'text/html; charset=utf-8';
const OPAQUE = 'application/octet-stream';

type Case = [path: string, dest: string, type: string | undefined, content: string | Buffer];

const EXTENSIONS =
	'ico avif bmp jfif tiff tif heic heif jxl apng cur jp2 psd tga svgz dng JPE IcO AVIF'.split(' ');
const EACH: Case[] = EXTENSIONS.flatMap((extension) =>
	[HTML, OPAQUE, `image/${extension}`, undefined].map((type): Case => {
		const name = `${extension}-${type?.replaceAll(/\W/g, '-') ?? 'none'}.${extension}`;
		return [`/${name}`, name, type, PAGE];
	}),
);

const PAGES: Case[] = [
	...EACH,
	['/page', 'only-dest.ico', undefined, PAGE],
	['/only-url.AVIF?x=1', 'only-url', undefined, PAGE],
	['/only-type', 'only-type', 'image/avif', PAGE],
	['/page.svg', 'page.svg', undefined, `${PAGE}<svg></svg>`],
	['/xhtml.svg', 'xhtml.svg', 'image/svg+xml', '<html><body><svg></svg></body><br/>'],
	['/head', 'spaces.ico', undefined, `\ufeff\r\n\t <!-- a --><?x?> <!-- b -->\n${PAGE}`],
	['/fragment', 'fragment.ico', undefined, '<center><h1>404 Not Found</h1></center>'],
	['/error', 'error.ico', undefined, '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'],
	['/comment', 'comment.ico', undefined, `<!-- ${'x'.repeat(5000)} -->${PAGE}`],
	['/warning', 'warning.ico', undefined, `Warning: mysql\n${PAGE}`],
	['/words', 'words.ico', HTML, 'Please sign in.\n'],
	['/utf-16', 'utf-16.ico', undefined, Buffer.from(`\ufeff${PAGE}`, 'utf16le')],
	['/large', 'large.avif', undefined, PAGE + 'x'.repeat(200_000)],
];

const GOOD: Case[] = [
	['/good.ico', 'good.ico', undefined, ICON],
	['/good-2.ico', 'called-html.ico', HTML, ICON],
	['/good-3.ico', 'drawn.ico', 'image/svg+xml', SVG],
	['/good.svgz', 'good.svgz', undefined, Buffer.from('1f8b0800000000000003', 'hex')],
	['/File:good.avif', 'about.html', HTML, PAGE],
	['/page', 'page', HTML, PAGE],
	['/prefix.svg', 'prefix.svg', 'image/svg+xml', '<svg:svg xmlns:svg="s"></svg:svg>'],
	[
		'/licence.svg',
		'licence.svg',
		'image/svg+xml',
		`<?xml version="1.0"?>\n<!-- ${'licence '.repeat(900)} -->\n${SVG.slice(22)}`,
	],
	[
		'/entities.svg',
		'entities.svg',
		undefined,
		`<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x" [\n<!ENTITY a "b">\n]>\n${SVG.slice(22)}`,
	],
];

describe.each(NAMES)('strategy %s', (strategy) => {
	async function codesOf(
		server: HoldServer,
		folder: string,
		cases: readonly Case[],
	): Promise<Record<string, string>> {
		for (const [path, , type, content] of cases) {
			server.holds(path, Buffer.from(content));
			server.answer(path, (_request, response) => {
				const length = Buffer.byteLength(content);
				const fields = type === undefined ? {} : { 'content-type': type };
				response.writeHead(200, { 'content-length': length, ...fields }).end(content);
			});
		}
		const targets = cases.map(([path, dest], index) => {
			const url = server.url + path;
			return { id: dest, index, url, dest: join(folder, dest) };
		});
		const outcomes = await collect(
			strategies[strategy](targets, {
				options: { ...DEFAULT_OPTIONS, retries: 0 },
				concurrency: 4,
				threads: 2,
				signal: new AbortController().signal,
			}),
		);
		return Object.fromEntries(
			outcomes.map(({ target, status, failure }) => [target.id, failure?.code ?? status]),
		);
	}

	it('takes no page for an image, whatever it is called and where', async ({ server, folder }) => {
		const codes = await codesOf(server, folder, PAGES);

		expect(codes).toEqual(Object.fromEntries(PAGES.map(([, dest]) => [dest, 'bad_image'])));
		expect(await filesIn(folder)).toEqual([]);
	});

	it('takes no image for a page, nor a page that is wanted', async ({ server, folder }) => {
		const codes = await codesOf(server, folder, GOOD);

		expect(codes).toEqual(Object.fromEntries(GOOD.map(([, dest]) => [dest, 'ok'])));
	});
});
