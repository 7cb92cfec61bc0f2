import { describe, expect, it } from 'vitest';
import { annotations, summaryPart } from '../../../src/smoke/report/github.ts';
import { badRun, goodRun, reportOf } from './reports.ts';

describe('annotations', () => {
	it('are warnings alone where nothing failed', () => {
		expect(annotations(reportOf(goodRun()))).toEqual([
			'::warning title=latency.p(95) < 250ms::inconclusive: async: 251 ms (240 ms to 260 ms), limit 250 ms',
		]);
	});

	it('have the worst first: thresholds, wrong bytes, exit codes', () => {
		const errors = annotations(reportOf(badRun())).filter((line) => line.startsWith('::error'));

		expect(errors.map((line) => line.split('::')[2]?.split(':')[0])).toEqual([
			'async',
			'wrong BR',
			'exit_code',
			'missed CN',
		]);
	});

	it('are escaped, so that a message is one line and a title ends where it should', () => {
		const [, , exitCode] = annotations(reportOf(badRun()));

		expect(exitCode).toContain('50%25 of it: missing%0Areally');
		expect(exitCode).not.toContain('\n');
		expect(exitCode).toMatch(/^::error title=flagdl smoke%3A liar [^:]*::/);
	});

	it('are ten at most, and the last says how many more there are', () => {
		const findings = Array.from({ length: 40 }, (_, index) => ({
			check: 'missed' as const,
			target: `T${index}`,
			message: 'not there',
		}));

		const errors = annotations(reportOf({ ...badRun(), findings })).filter((line) =>
			line.startsWith('::error'),
		);

		expect(errors.length).toBe(10);
		expect(errors.at(-1)).toBe(
			'::error title=flagdl smoke::and 32 more: see the summary of this job',
		);
	});
});

describe('the summary of a step', () => {
	it('is what it is where there is room', () => {
		expect(summaryPart('# all is well\n')).toBe('# all is well\n');
	});

	it('is cut at a line, well below a mebibyte', () => {
		const cut = summaryPart('é line\n'.repeat(200_000));

		expect(Buffer.byteLength(cut)).toBeLessThan(1024 * 1024 - 50_000);
		expect(cut).toMatch(/é line\n\n… cut: a report with --report has all of it\.\n$/);
	});
});
