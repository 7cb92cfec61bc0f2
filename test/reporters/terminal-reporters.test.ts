import { Writable } from 'node:stream';
import cliProgress from 'cli-progress';
import { describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../../src/events/run-event.ts';
import { ErrorReport } from '../../src/reporters/error-report.ts';
import { finalSummary } from '../../src/reporters/final-summary.ts';
import { failureLines, verboseLines } from '../../src/reporters/outcome-lines.ts';
import { NO_PAINT } from '../../src/reporters/output.ts';
import { barLine, progressBar } from '../../src/reporters/progress-bar.ts';
import { eventsOf, outcomeOf, START, textOf } from './make-events.ts';

const paint = NO_PAINT;
const summaryOf = (...args: Parameters<typeof eventsOf>) =>
	textOf(
		(output) => finalSummary({ output, paint, outputDir: () => 'downloads' }),
		eventsOf(...args),
	);
const reportOf = (...args: Parameters<typeof eventsOf>) => errorsOf(eventsOf(...args), 60);

function errorsOf(events: ReturnType<typeof eventsOf>, columns: number): string {
	const report = new ErrorReport();
	for (const event of events) {
		if (event.type === 'outcome') {
			report.add(event.outcome);
		}
	}
	return report.text(columns, paint);
}

describe('the summary', () => {
	it.each([
		[
			['ok', 'ok'] as const,
			'2 flags (10 kB) saved to downloads in 0.31 s, 1.00 requests per flag\n',
		],
		[['skipped'] as const, 'Nothing to save in downloads: 1 already there\n'],
		[
			['ok', 'unchanged', 'skipped'] as const,
			'1 flag (5.0 kB) saved to downloads in 0.31 s, 1.00 requests per flag; 1 unchanged, 1 already there\n',
		],
	])('of %s is one line', (statuses, line) => {
		const outcomes = statuses.map((status, index) =>
			outcomeOf(['BR', 'CN', 'IN'][index] ?? '', status),
		);

		expect(summaryOf(outcomes)).toBe(line);
	});

	it('speaks of files where not all are flags', () => {
		expect(summaryOf([outcomeOf('BR'), outcomeOf('https://h/a.gif')])).toMatch(/^2 files /);
	});

	it('says what is missing, and the slowest three', () => {
		const slow = (id: string, ms: number) =>
			outcomeOf(id, 'ok', { endMs: START.startMs + 10 + ms });
		const outcomes = [
			slow('BR', 200),
			slow('CN', 4000),
			slow('IN', 1),
			slow('US', 3000),
			outcomeOf('XX', 'not_found'),
			outcomeOf('DE', 'error', { retries: 3, requests: 4 }),
			outcomeOf('FR', 'cancelled'),
		];

		expect(summaryOf(outcomes, { exitCode: 1 })).toBe(
			[
				'Saved 4 of 7 flags: 1 not found, 1 failed, 1 not started',
				'20 kB in 0.31 s, 9 requests, 3 retries',
				'slowest: CN 4.0 s, US 3.0 s, BR 0.20 s',
				'',
			].join('\n'),
		);
	});
});

it('what signs a URL is in no line of a terminal', () => {
	const url = 'https://h/a.zip?X-Amz-Signature=S3CRET&token=S3CRET&page=2';
	const [saved, failed] = [
		outcomeOf(url, 'ok', { target: { url } }),
		outcomeOf(url, 'error', { target: { url } }),
	];
	const events = eventsOf([saved, failed]);
	const text = [
		textOf((output) => finalSummary({ output, paint, outputDir: () => 'out' }), events),
		errorsOf(events, 120),
		textOf((output) => verboseLines(output, paint), events),
		textOf((output) => failureLines(output, paint), events),
	].join('');

	expect(text).not.toContain('S3CRET');
	expect(text.match(/a\.zip\?X-Amz-Signature=…&token=…&page=2/g)?.length).toBeGreaterThan(3);
});

it('a server that wants a login is said once, with the options that give one', () => {
	const failure = { code: 'http_401', message: '401 Unauthorized', causes: [] };
	const text = summaryOf([
		outcomeOf('BR', 'error', { failure }),
		outcomeOf('CN', 'error', { failure }),
	]);

	expect(text.match(/wants a login; add -u <user> or --netrc/g)).toHaveLength(1);
	expect(summaryOf([outcomeOf('BR', 'error')])).not.toContain('login');
});

describe('the error report', () => {
	it('groups by cause, the largest group last, and is silent about what went well', () => {
		const outcomes = [
			outcomeOf('BR'),
			outcomeOf('XX', 'not_found'),
			outcomeOf('DE', 'error', { requests: 4 }),
			outcomeOf('YY', 'not_found'),
			outcomeOf('FR', 'cancelled'),
		];

		expect(reportOf(outcomes)).toBe(
			[
				'1 × 503 Service Unavailable  DE  127.0.0.1:…flags/de/de.gif',
				'2 × 404 Not Found',
				'  XX  127.0.0.1:8000/flags/xx/xx.gif  (1 request, 0.10 s)',
				'  YY  127.0.0.1:8000/flags/yy/yy.gif  (1 request, 0.10 s)',
				'',
			].join('\n'),
		);
	});

	it('names every code of a large group, in the width of the terminal', () => {
		const codes = Array.from({ length: 400 }, (_, index) =>
			String.fromCharCode(65 + Math.floor(index / 26), 65 + (index % 26)),
		);
		const lines = reportOf(codes.map((code) => outcomeOf(code, 'not_found'))).split('\n');

		expect(lines[0]).toBe('400 × 404 Not Found');
		expect(
			lines
				.slice(1, -2)
				.join(' ')
				.match(/[A-Z]{2}/g),
		).toEqual(codes);
		expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(60);
		expect(lines.at(-2)).toBe('  such as http://127.0.0.1:8000/flags/aa/aa.gif');
	});

	it('names a code once, however many destinations it has', () => {
		const report = reportOf(Array.from({ length: 15 }, () => outcomeOf('XX', 'not_found')));

		expect(report.match(/^ {2}XX /gm)).toHaveLength(10);
		expect(report).toContain('  … and 5 more;');
	});

	it('says how many URLs of a large group it does not name', () => {
		const outcomes = Array.from({ length: 25 }, (_, index) =>
			outcomeOf(`https://h/${index}`, 'error', { target: { url: `https://h/${index}` } }),
		);
		const report = reportOf(outcomes);

		expect(report.match(/https:/g)).toHaveLength(10);
		expect(report).toContain('… and 15 more; -v, --report and --failed-file list them all');
	});

	it('takes one line for a group of one, or two if there is no room', () => {
		const url = `https://example.org/${'deep/'.repeat(20)}a.gif`;
		const failure = { code: 'content_type', message: 'the server says HTML', causes: [] };
		const one = outcomeOf(url, 'error', { failure, target: { url } });

		expect(reportOf([one])).toBe(
			[
				'1 × the server says HTML (content_type)',
				'  example.org/de…/deep/deep/deep/a.gif  (1 request, 0.10 s)',
				'',
			].join('\n'),
		);
		expect(reportOf([outcomeOf('XX', 'not_found')])).toBe(
			'1 × 404 Not Found  XX  127.0.0.1:8000/flags/xx/xx.gif\n',
		);
	});

	it('keeps names apart that differ only at their end, or only in their middle', () => {
		const base = `https://example.org/${'deep/'.repeat(20)}`;
		const urls = [
			...[1, 2].map((number) => `${base}${number}.gif`),
			...[3, 4].map((number) => `${base}${number}/${'deep/'.repeat(20)}.gif`),
		];
		const lines = reportOf(urls.map((url) => outcomeOf(url, 'error', { target: { url } })))
			.split('\n')
			.slice(1, -1);

		expect(new Set(lines).size).toBe(4);
		expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(60);
	});

	it('tells the reason of a target where it is another than that of its group', () => {
		const because = (message: string) => ({ failure: { code: 'truncated', message, causes: [] } });
		const report = reportOf([
			outcomeOf('BR', 'error', because('1 of 9 bytes')),
			outcomeOf('CN', 'error', because('2 of 9 bytes')),
		]);

		expect(report).toContain('2 × 1 of 9 bytes (truncated)\n');
		expect(report).toContain('cn.gif  (1 request, 0.10 s)\n    2 of 9 bytes (truncated)\n');
	});
});

describe('lines', () => {
	const events = eventsOf([
		outcomeOf('BR'),
		outcomeOf('XX', 'not_found'),
		outcomeOf('FR', 'cancelled'),
	]);

	it('are one for each outcome with --verbose, but for what was not started', () => {
		expect(textOf((output) => verboseLines(output, paint), events).split('\n')).toHaveLength(3);
	});

	it('are one for each failure elsewhere', () => {
		expect(textOf((output) => failureLines(output, paint), events)).toMatch(
			/^not found {10}0\.10 s {2}XX .*\n$/,
		);
	});
});

describe('the bar', () => {
	const summary = {
		totals: { ok: 5, unchanged: 0, skipped: 0, not_found: 1, error: 0, cancelled: 0 },
		requests: 6,
		retries: 0,
		bytes: 4_000_000,
	};
	const progress = {
		...{ summary, total: 12, concurrency: 4 },
		...{ startMs: Date.now() - 2000, lastMs: Date.now() },
	};

	it.each([80, 60, 40, 25])('fits into %d columns', (columns) => {
		const line = barLine(progress, columns, paint);

		expect(line.length).toBeLessThan(columns);
		expect(line).toContain('6/12');
	});

	it('is half full when half is done, and says what failed, how fast it goes and how long it will take', () => {
		const line = barLine(progress, 80, paint);

		expect(line).toMatch(/^ █+░+ {2}6\/12 {2}1 failed {2}[\d.]+ MB\/s {2}ETA \d s$/);
		expect(line.match(/█/g)).toHaveLength(line.match(/░/g)?.length ?? 0);
	});

	it('estimates nothing before as many have ended as began together', () => {
		expect(barLine({ ...progress, concurrency: 7 }, 80, paint)).not.toContain('ETA');
		expect(barLine({ ...progress, concurrency: 6 }, 80, paint)).toContain('ETA');
	});

	it.each([
		[5, 3],
		[2, 0],
		[1, 0],
		[0, 4],
	])('of a terminal with %d rows has %d lines below', async (rows, count) => {
		let text = '';
		const write = (chunk: unknown, _encoding: unknown, done: () => void) => {
			text += String(chunk);
			done();
		};
		const stream = Object.assign(new Writable({ write }), { isTTY: true, columns: 80, rows });
		const limits = { stallTimeMs: 1000, connectTimeoutMs: 1000 };
		const bar = progressBar({ stream, paint, cliProgress, limits });
		const wait = { kind: 'disk', bytes: 1 } as const;
		const slowest = ['BR', 'CN', 'IN', 'US'].map((id, index) => ({
			...{ id, index, wait },
			...{ url: `http://h/${id}`, startMs: Date.now() },
		}));
		const [start, end] = eventsOf([]);

		bar.on(start as RunEvent);
		bar.on({ type: 'activity', slowest });
		text = '';
		await vi.waitFor(() => expect(text).toContain('0/0'));
		bar.on(end as RunEvent);
		expect(text.match(/saving 1 B/g) ?? []).toHaveLength(count);
	});

	it('has nothing to divide by before the first outcome, and where there is none', () => {
		const empty = {
			...progress,
			summary: { ...summary, totals: { ...summary.totals, ok: 0, not_found: 0 }, bytes: 0 },
		};

		expect(barLine(empty, 80, paint)).toMatch(/^ ░+ {2}0\/12$/);
		expect(barLine({ ...empty, total: 0 }, 80, paint)).toMatch(/^ ░+ {2}0\/0$/);
	});
});
