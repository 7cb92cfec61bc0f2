import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyse } from '../../../src/bench/analysis/analysis.ts';
import { htmlReport } from '../../../src/bench/page/page.ts';
import { suiteFolder } from '../../helpers/temporary-folder.ts';
import { hasChromium } from '../../server/browse/chromium.ts';
import { makeAttempt, makeMeasured } from '../make-measured.ts';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const QUIET = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
	'--no-first-run',
];
const EVIL = '<script>document.title="owned"</script>';

/** Retries, faults, an outlier, a failed run, a peer, and a file whose name is an attack. */
const MEASURED = makeMeasured({
	walls: {
		'sequential@1': [1300, 1290, 1310, 1305, 1295, 1302, 1299],
		'threads@8': [260, 259, 270, 262, 258, 261, 263],
		'async@1': [1301, 1295, 1312, 1303, 1298, 1300, 1297],
		'async@8': [200, 199, 203, 201, 198, 202, 400],
		'curl@8': [300, 301, 299, 305, 298, 302, 303],
	},
	run: (run, { name }) =>
		name === 'curl' && run.round === 2
			? { status: 'failed', failure: `1 wrong file: ${EVIL}` }
			: {
					attempts: [
						...run.attempts.slice(0, -1),
						{ ...makeAttempt(23, 100, 20), status: 503, code: 'http_503', rule: 'hiccup' },
						{ ...makeAttempt(23, 180, 20), number: 2, waitedMs: 60 },
					],
				},
	measured: { notes: [EVIL] },
});
const RESULTS = {
	...MEASURED,
	work: {
		files: MEASURED.work.files.map((file, at) => (at === 0 ? { ...file, id: EVIL } : file)),
		scenario: {
			name: 'flaky',
			description: EVIL,
			planned: { faults: { hiccup: 1 }, ok: 24, exact: true, idealMs: { '1': 1200, '8': 150 } },
		},
	},
};
const HTML = htmlReport(RESULTS, analyse(RESULTS));

describe('the page', () => {
	it('has no script, and nothing to fetch', () => {
		expect(HTML).not.toMatch(/<script|<link|<img|<iframe|@import|\son\w+=/i);
		expect(HTML.replaceAll('url(#hatch)', '')).not.toMatch(/url\(/);
		expect(HTML).not.toMatch(/href="[^#]|src=/);
		expect(HTML).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
	});

	it('has as its headline what to use, and the command', () => {
		const { recommendation } = analyse(RESULTS);

		expect(HTML).toContain('<h1>Use: <code>async -c 8</code><span> (6.5 × sequential;');
		expect(recommendation.text).toMatch(/^Use: async -c 8 \(6\.5 × sequential; threads is equally/);
		expect(HTML).toContain('flagdl get --strategy async --concurrency 8');
		expect(HTML.match(/<tr class="best">/g)).toHaveLength(1);
	});

	it('has what failed before the numbers, and the verdicts on thresholds', () => {
		const thresholds = [
			{
				text: 'failed == 0',
				verdict: 'fail' as const,
				runs: [{ labels: { strategy: 'async', c: '8' }, verdict: 'fail' as const, found: '1' }],
			},
		];
		const html = htmlReport(RESULTS, { ...analyse(RESULTS), thresholds });

		expect(html).toContain('<li class="fail"><b>✗ fail</b> <code>failed == 0</code>');
		expect(html).toContain('34 of 35 runs with every file right');
		expect(html.indexOf('Runs that are not counted')).toBeLessThan(
			html.indexOf('The numbers</h2>'),
		);
	});

	it('counts a redirect once, also if requests for other files come in between', () => {
		const redirect = { ...makeAttempt(0, 0, 20), status: 302, rule: 'hop' };
		const between = makeAttempt(1, 10, 20);
		const last = { ...makeAttempt(0, 20, 20), number: 2, rule: 'hop' };
		const peer = makeMeasured({
			walls: { 'sequential@1': [1300, 1290, 1310], 'curl@8': [200, 199, 203] },
			run: () => ({ attempts: [redirect, between, last] }),
		});
		const planned = { faults: { hop: 1 }, ok: 24, exact: true, idealMs: {} };
		const work = { ...peer.work, scenario: { name: 'hops', description: '', planned } };
		const html = htmlReport({ ...peer, work }, analyse({ ...peer, work }));

		expect(html).toContain('<td>1 met, 1 of 1 files</td>');
	});

	it('says below the head of each column of each table what the column says', () => {
		const heads = HTML.match(/<th [^>]*>.*?<\/th>/g) ?? [];

		expect(heads.length).toBeGreaterThan(60);
		expect(heads.filter((head) => !/<small>[^<]{5,}<\/small><\/th>$/.test(head))).toEqual([]);
	});

	it('draws as many lanes as there are slots, and what is saved afterwards apart', () => {
		const slow = makeMeasured({
			walls: { 'sequential@1': [1300, 1290, 1310], 'async@8': [200, 199, 203] },
			run: ({ attempts }) => ({
				attempts: attempts.map((one) => ({
					...one,
					writtenMs: one.endMs + 70,
					endMs: one.endMs + 70,
				})),
			}),
		});
		const html = htmlReport(slow, analyse(slow));
		const [, drawing = ''] = /(id="waterfall-async-8".*?<\/svg>)/s.exec(html) ?? [];
		const [, lanes = ''] = /class="lane" d="([^"]*)"/.exec(drawing) ?? [];

		expect(lanes.match(/M/g)).toHaveLength(8);
		expect(drawing.match(/class="writing"/g)).toHaveLength(1);
	});

	it('escapes names from outside wherever they stand', () => {
		expect(HTML).not.toContain(EVIL);
		expect(HTML.split('&lt;script&gt;').length).toBeGreaterThan(3);
	});

	it('has a table behind every figure, and words for who cannot see it', () => {
		const figures = HTML.match(/<figure>/g) ?? [];

		expect(figures).toHaveLength(6);
		expect(HTML.match(/<summary>As a table<\/summary>/g)?.length).toBe(figures.length + 5);
		const drawings = HTML.match(/<svg viewBox="[^"]*" preserve[^>]* role="img"/g) ?? [];
		expect(drawings.length).toBeGreaterThan(10);
		expect(HTML.match(/role="img" aria-label="[^"]{5,}"/g)).toHaveLength(drawings.length);
	});

	it('is the same for the same results', () => {
		expect(htmlReport(RESULTS, analyse(RESULTS))).toBe(HTML);
	});
});

describe.skipIf(!hasChromium())('the page in Chromium, without script or network', () => {
	const folder = suiteFolder();
	let browser: Browser;
	let url: string;

	beforeAll(async () => {
		const file = join(await folder, 'bench.html');
		await writeFile(file, HTML);
		url = pathToFileURL(file).href;
		browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
	});

	afterAll(() => browser.close());

	async function open(width: number, colorScheme: 'light' | 'dark'): Promise<Page> {
		const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
		const complaints: string[] = [];
		page.on('console', (message) => complaints.push(message.text()));
		page.on('request', (request) => {
			if (request.url() !== url) {
				complaints.push(request.url());
			}
		});
		await page.goto(url);
		expect(complaints).toEqual([]);
		return page;
	}

	it.each([
		[1280, 'light'],
		[1280, 'dark'],
		[400, 'light'],
		[400, 'dark'],
	] as const)('fits %i pixels (%s), and draws what can be seen', async (width, scheme) => {
		const page = await open(width, scheme);

		expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
		expect(await page.title()).not.toBe('owned');
		const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
		expect(ground).toBe(scheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(18, 22, 28)');
		for (const drawing of await page.locator('svg[role=img]:visible').all()) {
			const box = await drawing.boundingBox();
			expect(box?.width).toBeGreaterThan(180);
			expect(box?.height).toBeGreaterThan(20);
		}
		const shot = await page.screenshot({ fullPage: true });
		expect(shot.length).toBeGreaterThan(50_000);
		await page.close();
	});

	it('shows the whole main table on a screen', async () => {
		const page = await open(1280, 'light');
		const sizes = `(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])(document.querySelector('#numbers .scroll'))`;
		const [whole = 0, shown] = await page.evaluate<number[]>(sizes);

		expect(whole).toBeLessThanOrEqual(shown ?? 0);
		await page.close();
	});

	it('shows failures in red, back-off and retries in the waterfall', async () => {
		const page = await open(1280, 'light');
		const fill = `getComputedStyle(document.querySelector('details[open] .wide path.failed')).fill`;

		expect(await page.evaluate(fill)).toBe('rgb(214, 51, 108)');
		expect(await page.locator('details[open] .wide path.off').count()).toBeGreaterThan(0);
		await page.close();
	});

	it('prints on light ground', async () => {
		const page = await open(1280, 'dark');
		await page.emulateMedia({ media: 'print' });

		expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
			'rgb(255, 255, 255)',
		);
		await page.close();
	});
});
