import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parse as parseCsv } from 'csv-parse/sync';
import { XMLParser } from 'fast-xml-parser';
import { parse as parseJunit } from 'junit2json';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/download/outcome.ts';
import type { RunEvent } from '../../src/events/run-event.ts';
import { failedFile } from '../../src/reporters/files/failed-file.ts';
import { ReportError } from '../../src/reporters/files/report-file.ts';
import {
	openReport,
	REPORT_KINDS,
	type ReportWriter,
	reportKindOf,
} from '../../src/reporters/files/report-kinds.ts';
import { parseListLine } from '../../src/targets/list/list-line.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { eventsOf, outcomeOf, START } from './make-events.ts';

const NASTY = 'a,"b"\r\n<i>&amp;\u0000\u001b[31m]]>|`x`';
/** Without the characters that a terminal obeys. */
const SHOWN = 'a,"b"\r\n<i>&amp;\ufffd\ufffd[31m]]>|`x`';
const failure = { code: 'bad_metadata', message: NASTY, causes: [NASTY, "it's"] };
const OUTCOMES: readonly Outcome[] = [
	outcomeOf('BR', 'ok', { sha256: 'a'.repeat(64), httpStatus: 200 }),
	outcomeOf('CN', 'skipped'),
	outcomeOf('XX', 'not_found', { httpStatus: 404 }),
	outcomeOf('DE', 'error', {
		failure,
		dest: `/out/${NASTY}.gif`,
		target: { url: 'https://h/<"&>' },
	}),
	outcomeOf('FR', 'cancelled'),
];

async function written(name: string, events: readonly RunEvent[] = eventsOf(OUTCOMES)) {
	const path = join(await temporaryFolder(), name);
	const report = openReport(path, await writerOf(path));
	for (const event of events) {
		report.on(event);
	}
	await report.close();
	return await readFile(path, 'utf8');
}

/** A name that contains `failed` is that of a failed-file. */
async function writerOf(path: string): Promise<ReportWriter> {
	return path.includes('failed') ? failedFile : await reportKindOf(REPORT_KINDS, path).load();
}

async function schema(name: string): Promise<object> {
	const file = new URL(`../../fixtures/schemas/${name}`, import.meta.url);
	return JSON.parse(await readFile(file, 'utf8')) as object;
}

describe('a report in JSON', () => {
	it('fits its schema and has every outcome', async () => {
		const ajv = new Ajv({ allowUnionTypes: true, strictRequired: false });
		ajv.addSchema(await schema('events.schema.json'));
		const fits = ajv.compile(await schema('report.schema.json'));
		const report = JSON.parse(await written('r.json')) as { readonly outcomes: readonly unknown[] };

		expect(fits(report), JSON.stringify(fits.errors)).toBe(true);
		expect(report.outcomes).toHaveLength(OUTCOMES.length);
		expect(report).toMatchObject({
			run: { strategy: 'async' },
			summary: { totals: { ok: 1, skipped: 1, not_found: 1, error: 1, cancelled: 1 } },
		});
	});

	it('is JSON without an outcome, too', async () => {
		expect(JSON.parse(await written('r.json', eventsOf([])))).toMatchObject({ outcomes: [] });
	});
});

describe('a report in NDJSON', () => {
	it('has an event a line, each of which fits the schema', async () => {
		const fits = new Ajv({ strictRequired: false }).compile(await schema('events.schema.json'));
		const events = (await written('r.ndjson'))
			.trimEnd()
			.split('\n')
			.map((line) => JSON.parse(line) as object);

		expect(events).toHaveLength(OUTCOMES.length + 2);
		for (const [seq, event] of events.entries()) {
			expect(fits(event), JSON.stringify(fits.errors)).toBe(true);
			expect(event).toMatchObject({ v: 1, seq });
		}
	});
});

describe('a report in CSV', () => {
	it('survives commas, quotes and line ends in its fields', async () => {
		const rows = parseCsv<Record<string, string>>(await written('r.csv'), { columns: true });

		expect(rows.map(({ id, status }) => [id, status])).toEqual(
			OUTCOMES.map(({ target, status }) => [target.id, status]),
		);
		expect(rows[3]).toMatchObject({
			dest: `/out/${SHOWN}.gif`,
			error_message: SHOWN,
			error_causes: `${SHOWN}\nit's`,
		});
		expect(rows[0]).toMatchObject({ http_status: '200', bytes: '5000', ms: '100', error_code: '' });
	});
});

describe('a report in JUnit', () => {
	it('is XML that two parsers read alike', async () => {
		const xml = await written('r.xml');

		const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(xml) as {
			readonly testsuites: {
				readonly '@_tests': string;
				readonly testsuite: { readonly testcase: object[] };
			};
		};
		expect(testsuites['@_tests']).toBe('5');
		expect(testsuites.testsuite.testcase).toHaveLength(5);

		const suites = await parseJunit(xml);
		expect(suites).toMatchObject({ tests: 5, failures: 1, errors: 2 });
		expect(JSON.stringify(suites)).toContain('bad_metadata');
	});
});

describe('a report in HTML', () => {
	it('needs no script and no network, and has failures before files', async () => {
		const folder = await temporaryFolder();
		const gif = new URL('../../fixtures/flags/br/br.gif', import.meta.url);
		await writeFile(join(folder, 'br.gif'), await readFile(gif));
		const html = await written(
			'r.html',
			eventsOf([...OUTCOMES, outcomeOf('BR', 'ok', { dest: join(folder, 'br.gif') })]),
		);

		expect(html).toMatch(/^<!doctype html>/);
		expect(html).not.toMatch(/<script[^>]|<link|src="(?!data:)|url\(|@import|javascript:/i);
		expect(html).not.toContain('<i>&');
		expect(html).toContain('src="data:image/gif;base64,R0lGOD');
		expect(html.indexOf('What failed')).toBeLessThan(html.indexOf('>Files</h2>'));
		expect(html.indexOf('>Files</h2>')).toBeLessThan(html.indexOf('>Pictures<'));
		expect(html).toContain('https://h/&lt;&quot;&amp;&gt;');
	});

	it('keeps its size when there are very many targets, and says what it leaves out', async () => {
		const many = Array.from({ length: 5000 }, (_, index) =>
			outcomeOf(`https://h/${index}`, 'error'),
		);
		const html = await written('r.html', eventsOf(many));

		expect(html.length).toBeLessThan(1_500_000);
		expect(html).toContain('… and 4,700 more');
		expect(html).toContain('The 40 slowest of 5,000');
	});

	it('has no axis of a run that took no time', async () => {
		const { startMs } = START;
		const html = await written(
			'r.html',
			eventsOf([outcomeOf('BR', 'ok', { startMs, endMs: startMs })]),
		);

		expect(html).not.toContain('NaN');
		expect(html).not.toContain('The slowest');
	});
});

/** A run against the bundled server. */
function eventsOfBundled(outcomes: Parameters<typeof eventsOf>[0]): readonly RunEvent[] {
	return eventsOf(outcomes).map((event) =>
		event.type === 'run.start' ? { ...event, scenario: 'local' } : event,
	);
}

describe('a failed file', () => {
	it('has whole URLs with their destinations, so that the same servers are asked', async () => {
		const text = await written('failed.txt', eventsOf(OUTCOMES));

		expect(text).toContain('http://127.0.0.1:8000/flags/xx/xx.gif\txx.gif\n');
		expect(text).not.toMatch(/^XX/m);
	});

	it('has the targets that were not started, and says how many could not be listed', async () => {
		const [start, ...others] = eventsOf([], { notStarted: 3 });
		const { target } = outcomeOf('https://h/a', 'error', { target: { url: 'https://h/a' } });
		const events = [start as RunEvent, { type: 'not_started', target } as const, ...others];

		expect(await written('failed.txt', events)).toBe(
			'# not started\nhttps://h/a\thttps:/h/a.gif\n# 2 more targets were not started, and could not be listed in time\n',
		);
	});

	it('has codes of the bundled server, whose URLs are of one run', async () => {
		const mirrors = ['https://m/a'];
		const text = await written(
			'failed.txt',
			eventsOfBundled([
				...OUTCOMES,
				outcomeOf('US', 'error', { target: { sha256: 'b'.repeat(64) } }),
				outcomeOf('https://h/#', 'error', { target: { mirrors, dest: '/out/#1.gif' } }),
				outcomeOf('IN', 'error', {
					target: { naming: { metadataUrl: 'https://h', directory: '/out', extension: '.gif' } },
				}),
			]),
		);
		const entries = text.split('\n').map((line) => parseListLine(line, ''));
		const place = { href: 'https://h/', origin: 'https://h', path: '/' };

		expect(entries.filter((entry) => entry !== undefined)).toEqual([
			{ id: 'XX', isCode: true, dest: 'xx.gif', where: '' },
			{ id: 'DE', isCode: true, dest: 'de.gif', where: '' },
			{ id: 'FR', isCode: true, dest: 'fr.gif', where: '' },
			{ id: 'US', isCode: true, dest: 'us.gif', sha256: 'b'.repeat(64), where: '' },
			{ id: 'https://h/#', isCode: false, place, dest: '#1.gif', mirrors, where: '' },
			{ id: 'IN', isCode: true, where: '' },
		]);
		expect(text).toContain('# 404 Not Found\nXX');
	});

	it('is empty when nothing is missing', async () => {
		expect(await written('failed.txt', eventsOf([outcomeOf('BR')]))).toBe('');
	});
});

describe.each([...Object.keys(REPORT_KINDS), '.failed'])('a report in %s', (ending) => {
	it('takes the place of an older one when it is whole, and not before', async () => {
		const folder = await temporaryFolder();
		const path = join(folder, `report${ending}`);
		await writeFile(path, 'old');
		const report = openReport(path, await writerOf(path));
		for (const event of eventsOf(OUTCOMES)) {
			report.on(event);
		}

		expect(await readFile(path, 'utf8')).toBe('old');
		await report.close();
		expect(await readFile(path, 'utf8')).not.toBe('old');
		expect(await readdir(folder)).toEqual([`report${ending}`]);
	});

	it('leaves nothing when it is dropped', async () => {
		const folder = await temporaryFolder();
		const path = join(folder, `report${ending}`);
		openReport(path, await writerOf(path)).discard();

		expect(await readdir(folder)).toEqual([]);
	});

	it('cannot take the place of a directory, says so, and leaves nothing', async () => {
		const folder = await temporaryFolder();
		const path = join(folder, `report${ending}`);
		await mkdir(path);
		const writer = await writerOf(path);

		expect(() => openReport(path, writer)).toThrow(ReportError);
		expect(await readdir(folder)).toEqual([`report${ending}`]);
	});
});
