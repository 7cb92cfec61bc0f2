import { XMLParser } from 'fast-xml-parser';
import { SyntaxValidator } from 'fast-xml-validator';
import { parse as parseJunit } from 'junit2json';
import { describe, expect, it } from 'vitest';
import { junitReport } from '../../../src/smoke/report/junit.ts';
import { badRun, goodRun, reportOf } from './reports.ts';

interface ParsedCase {
	readonly name: string;
	readonly failure?: { readonly type: string; readonly message: string; readonly '#text': string };
	readonly skipped?: { readonly message: string };
	readonly 'system-out'?: string;
}
interface ParsedSuite {
	readonly name: string;
	readonly tests: string;
	readonly failures: string;
	readonly skipped: string;
	readonly properties?: { readonly property: readonly { name: string; value: string }[] };
	readonly testcase: readonly ParsedCase[];
}
interface Parsed {
	readonly testsuites: {
		readonly tests: string;
		readonly failures: string;
		readonly testsuite: readonly ParsedSuite[];
	};
}

const xml = junitReport(reportOf(goodRun(), badRun()));
const parser = new XMLParser({
	ignoreAttributes: false,
	attributeNamePrefix: '',
	isArray: (name) => ['testsuite', 'testcase', 'property'].includes(name),
});
const suites = (parser.parse(xml) as Parsed).testsuites;
const caseOf = (suite: number, name: string) =>
	suites.testsuite[suite]?.testcase.find((one) => one.name === name);

describe("JUnit's XML", () => {
	it('is well-formed, whatever clients write and are called', () => {
		expect(SyntaxValidator.validate(xml)).toBe(true);
		expect(() => SyntaxValidator.validate(xml.replace('</testsuite>', '')) as unknown).toThrow();
	});

	it('is read by another parser, too', async () => {
		const read = await parseJunit(xml);

		const found = read as { tests: number; failures: number; testsuite: { name: string }[] };
		expect([found.tests, found.failures]).toEqual([8, 4]);
		expect(found.testsuite.map(({ name }) => name)).toEqual([
			'flaky async c=16',
			'liar a|b <c> & "d"',
			'thresholds',
		]);
	});

	it('has a suite for each run, a case for each target and one for the run', () => {
		expect(suites.testsuite.map(({ tests }) => tests)).toEqual(['3', '3', '2']);
		expect(suites.testsuite[0]?.testcase.map(({ name }) => name)).toEqual([
			'BR',
			'CN',
			'(the run)',
		]);
	});

	it('counts what recovered, and does not call it a failure', () => {
		const [good] = suites.testsuite;

		expect(good?.failures).toBe('0');
		expect(caseOf(0, 'BR')).toMatchObject({
			'system-out': 'recovered from portal after 2 retries',
		});
		expect(good?.properties?.property).toContainEqual({ name: 'recovered', value: '1' });
	});

	it('says what was wrong with which', () => {
		expect(suites.testsuite[1]?.failures).toBe('3');
		expect(caseOf(1, 'BR')?.failure).toMatchObject({
			type: 'wrong',
			message: 'saved &lt;html&gt; &amp; "more"]]&gt;\ufffd'
				.replaceAll('&lt;', '<')
				.replaceAll('&gt;', '>')
				.replaceAll('&amp;', '&'),
		});
		expect(caseOf(1, '(the run)')?.failure?.['#text']).toContain('<script>alert(1)</script>');
	});

	it('skips a threshold that is inconclusive, and fails one that is missed', () => {
		expect(caseOf(2, 'latency.p(95) < 250ms')?.skipped?.message).toContain(
			'inconclusive: async: 251 ms',
		);
		expect(caseOf(2, 'failed == 0')?.failure?.message).toBe('async: 1, limit 0');
	});
});
