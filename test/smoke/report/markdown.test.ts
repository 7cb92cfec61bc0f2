import { describe, expect, it } from 'vitest';
import { markdownReport } from '../../../src/smoke/report/markdown.ts';
import { badRun, goodRun, reportOf } from './reports.ts';

describe('a report in Markdown', () => {
	const markdown = markdownReport(reportOf(goodRun(), badRun()));

	it('begins with the verdict', () => {
		expect(markdown).toMatch(/^# ❌ flagdl smoke: 1 of 2 runs passed\n/);
		expect(markdownReport(reportOf(goodRun()))).toMatch(/^# ✅ flagdl smoke: 1 of 1/);
	});

	it('has as many cells in each row of a table as in its head', () => {
		const tables = markdown.split('\n\n').filter((block) => block.startsWith('|'));

		expect(tables.length).toBe(4);
		for (const block of tables) {
			const widths = block
				.trim()
				.split('\n')
				.map((line) => line.replaceAll('\\|', '').split('|').length);
			expect(new Set(widths).size).toBe(1);
		}
	});

	it('lets nothing from outside be Markdown or HTML', () => {
		expect(markdown).not.toMatch(/(?<!\\)<html/);
		const fence = markdown.slice(markdown.indexOf('````'), markdown.lastIndexOf('````'));
		expect(fence).toContain('<script>');
		expect(markdown.replace(fence, '')).not.toContain('<script>');
	});

	it('names a column only where something was found', () => {
		expect(markdown).toContain('| saved wrongly |');
		expect(markdown).not.toContain('Retry-After ignored');
	});
});
