import { describe, expect, it } from 'vitest';
import { NO_PAINT } from '../../../src/reporters/output.ts';
import { textReport } from '../../../src/smoke/report/text.ts';
import type { SmokeEvent } from '../../../src/smoke/results.ts';
import { badRun, goodRun, reportOf } from './reports.ts';

function textOf(events: readonly SmokeEvent[]): string {
	let text = '';
	const tell = textReport({ write: (part) => (text += part) }, NO_PAINT);
	for (const event of events) {
		tell(event);
	}
	return text;
}

describe('the terminal', () => {
	it('has the profile, a line for each run, and the verdict', () => {
		const { start, runs, thresholds, end } = reportOf(goodRun());

		expect(textOf([start, ...runs, ...thresholds, end])).toBe(`\
1 run, 4 at a time, against flaky (seed 42), liar (seed 5)
profile: -c 16

ok    flaky async c=16  2 of 2 as planned  4 requests, 1 recovered, 1.5 s
inconclusive  latency.p(95) < 250ms  people wait for it
      async: 251 ms (240 ms to 260 ms), limit 250 ms: the limit is within the 95 % interval
pass  failed == 0
      async: 0, limit 0

1 of 1 run passed, 1 of 2 thresholds passed (1 inconclusive), 2.0 s
`);
	});

	it('says once what is true of many targets', () => {
		const findings = Array.from({ length: 40 }, (_, index) => ({
			check: 'missed' as const,
			target: `T${index}`,
			message: 'not there',
		}));

		expect(textOf([goodRun({ passed: false, findings })])).toContain(
			'      missed  T0, T1, T2, T3, T4, T5, T6, T7 and 32 more  not there\n',
		);
	});

	it('explains an exit code that is right, and is not 0', () => {
		const counts = { ...goodRun().counts, mustFail: 5 };

		const text = textOf([goodRun({ exitCode: 1, counts })]);

		expect(text).toContain('ok    flaky async c=16  2 of 2 as planned');
		expect(text).toContain('exit code 1 (5 must fail)');
	});

	it.each([
		[[{ check: 'partial' as const, target: 'BR', message: 'early' }], '1 of 2 as planned'],
		[
			[{ check: 'exit_code' as const, message: 'ended with 3' }],
			'all files as planned, not the exit code',
		],
	])('never says that all is as planned where it is not: %j', (findings, fate) => {
		const text = textOf([goodRun({ passed: false, findings })]);

		expect(text).toContain(`FAIL  flaky async c=16  ${fate}  `);
		expect(text).not.toContain('2 of 2 as planned');
	});

	it('says what the rules do that findings name', () => {
		const { start } = reportOf(badRun());

		expect(textOf([start, badRun()])).toContain(
			'      rule portal: answers 200 with a page of <HTML>\n',
		);
	});

	it('is not obeyed by what clients write', () => {
		const findings = [{ check: 'client' as const, message: 'died' }];
		const text = textOf([
			goodRun({ passed: false, findings, lastOutput: '\u001b[2J\u001b]0;title\u0007oops' }),
		]);

		expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
		expect(text).toContain('oops');
	});

	it('shows the last output where the run itself went wrong', () => {
		expect(textOf([badRun()])).toContain('| <script>alert(1)</script>\n');
	});

	it.each([
		[{ exitCode: 139 }, true],
		[{ exitCode: 0 }, false],
	])('shows the last output of a client that ended with %j: %s', (change, isShown) => {
		const findings = [{ check: 'missed' as const, target: 'BR', message: 'not there' }];
		const lastOutput = 'Traceback: no such thing';

		expect(
			textOf([goodRun({ passed: false, findings, lastOutput, ...change })]).includes(
				'| Traceback: no such thing\n',
			),
		).toBe(isShown);
	});

	it('says nothing of what never began', () => {
		const { end } = reportOf();

		expect(textOf([{ ...end, runs: { passed: 0, failed: 0, unmade: 0 } }])).toBe('');
	});
});
