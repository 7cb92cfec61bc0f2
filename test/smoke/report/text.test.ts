import { describe, expect, it } from 'vitest';
import { NO_PAINT } from '../../../src/reporters/output.ts';
import type { SmokeEvent } from '../../../src/smoke/report/smoke-event.ts';
import { textReport } from '../../../src/smoke/report/text.ts';
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
1 run, 4 at a time, against flaky (seed 42)
profile: -c 16

ok    flaky async c=16  2 of 2 as planned  4 requests, 1 recovered, exit code 0, 1.5 s
inconclusive  latency.p(95) < 250ms  people wait for it
      async: 251 ms (240 ms to 260 ms), limit 250 ms: the limit is within the 95 % interval
pass  failed == 0
      async: 0, limit 0

1 of 1 run as they should be, 1 of 2 thresholds passed (1 inconclusive), 2.0 s
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

	it('says nothing of what never began', () => {
		const { end } = reportOf();

		expect(textOf([{ ...end, runs: { passed: 0, failed: 0, unmade: 0 } }])).toBe('');
	});
});
