import type { SmokeReport, SmokeRun } from '../../../src/smoke/results.ts';

/** A passed run, with one target that recovered. */
export function goodRun(change: Partial<SmokeRun> = {}): SmokeRun {
	return {
		type: 'smoke.run',
		passed: true,
		labels: { scenario: 'flaky', strategy: 'async', c: '16' },
		findings: [],
		targets: [
			{ id: 'BR', recovered: 2, rules: ['portal'], wallMs: 1200 },
			{ id: 'CN', recovered: 0, rules: [], wallMs: 40 },
		],
		counts: { targets: 2, right: 2, mustFail: 0, planDiff: 0, requests: 4, recovered: 1 },
		exitCode: 0,
		wallMs: 1500,
		...change,
	};
}

/** A failed run, with text that has a meaning in XML, Markdown and workflow commands. */
export function badRun(): SmokeRun {
	return goodRun({
		passed: false,
		labels: { scenario: 'liar', client: 'a|b <c> & "d"' },
		findings: [
			{
				check: 'wrong',
				target: 'BR',
				rules: ['portal'],
				message: 'saved <html> & "more"]]>\u0000',
			},
			{ check: 'exit_code', message: 'ended with 0, 50% of it: missing\nreally' },
			{ check: 'missed', target: 'CN', message: 'not there' },
		],
		lastOutput: '```\n<script>alert(1)</script>',
	});
}

export function reportOf(...runs: readonly SmokeRun[]): SmokeReport {
	const failed = runs.filter(({ passed }) => !passed).length;
	return {
		start: {
			type: 'smoke.start',
			version: '1.2.3',
			startMs: Date.UTC(2026, 0, 2, 3, 4, 5),
			scenarios: [
				{ name: 'flaky', seed: 42, rules: {} },
				{ name: 'liar', seed: 5, rules: { portal: 'answers 200 with a page of <HTML>' } },
			],
			runs: runs.map(({ labels }) => labels),
			clients: {},
			profile: ['-c', '16'],
			lanes: 4,
		},
		runs,
		thresholds: [
			{
				type: 'threshold',
				text: 'latency.p(95) < 250ms',
				why: 'people wait for it',
				verdict: 'inconclusive',
				runs: [
					{
						labels: { strategy: 'async' },
						verdict: 'inconclusive',
						found: '251 ms (240 ms to 260 ms), limit 250 ms',
						reason: 'the limit is within the 95 % interval',
					},
				],
			},
			{
				type: 'threshold',
				text: 'failed == 0',
				verdict: failed > 0 ? 'fail' : 'pass',
				runs: [
					{
						labels: { strategy: 'async' },
						verdict: failed > 0 ? 'fail' : 'pass',
						found: `${failed}, limit 0`,
					},
				],
			},
		],
		warnings: [],
		end: {
			type: 'run.end',
			passed: failed === 0,
			runs: { passed: runs.length - failed, failed, unmade: 0 },
			thresholds: { pass: Number(failed === 0), fail: Number(failed > 0), inconclusive: 1 },
			wallMs: 2000,
			exitCode: failed === 0 ? 0 : 3,
		},
	};
}
