import { escapeXml } from '../../util/text.ts';
import { plural } from '../../util/units.ts';
import type {
	Finding,
	SmokeReport,
	SmokeRun,
	SmokeStart,
	SmokeThreshold,
	TargetResult,
} from '../results.ts';
import { endingOf, groupFindings, incompleteRuns, nameOf, rulesIn } from './wording.ts';

/**
 * JUnit XML for CI servers: a suite for each run, with a case for each target and one for the run itself,
 * and a suite for the thresholds. Recovered targets pass, with a note about their retries.
 */
export function junitReport({ start, runs, thresholds, end }: SmokeReport): string {
	const timestamp = new Date(start.startMs).toISOString().slice(0, 19);
	const suites = [
		...runs.map((run) => runSuite(run, start, timestamp)),
		...incompleteRuns(start, runs).map((labels) => unmadeSuite(labels, timestamp)),
		...(thresholds.length === 0 ? [] : [thresholdSuite(thresholds, timestamp)]),
	];
	const sum = (key: 'tests' | 'failures' | 'errors' | 'skipped') =>
		suites.reduce((total, suite) => total + suite[key], 0);
	const attributes = `tests="${sum('tests')}" failures="${sum('failures')}" errors="${sum('errors')}" skipped="${sum('skipped')}" time="${seconds(end.wallMs)}"`;
	return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="flagdl smoke" ${attributes}>
${suites.map(({ xml }) => xml).join('')}</testsuites>
`;
}

interface Suite {
	readonly tests: number;
	readonly failures: number;
	readonly errors: number;
	readonly skipped: number;
	readonly xml: string;
}

function runSuite(run: SmokeRun, start: SmokeStart, timestamp: string): Suite {
	const { labels, targets, findings, counts, wallMs } = run;
	const className = `flagdl.${Object.values(labels).join('.')}`;
	const ofRun = findings.filter(({ target }) => target === undefined);
	const cases = [
		...targets.map((target) => targetCase(target, run, start, className)),
		testCase(className, '(the run)', wallMs, failure(ofRun, run, start)),
	];
	const properties = {
		...labels,
		requests: counts.requests,
		recovered: counts.recovered,
		ending: endingOf(run),
	};
	return suite(nameOf(labels), cases, wallMs, timestamp, propertiesXml(properties));
}

function targetCase(
	{ id, recovered, rules, wallMs }: TargetResult,
	run: SmokeRun,
	start: SmokeStart,
	className: string,
): string {
	const found = run.findings.filter(({ target }) => target === id);
	if (found.length > 0) {
		return testCase(className, id, wallMs, failure(found, run, start));
	}
	if (recovered === 0) {
		return testCase(className, id, wallMs, '');
	}
	const because = rules.length === 0 ? '' : ` from ${rules.join(', ')}`;
	const note = `recovered${because} after ${plural(recovered, 'retry', 'retries')}`;
	return testCase(className, id, wallMs, `<system-out>${escapeXml(note)}</system-out>`);
}

function failure(findings: readonly Finding[], run: SmokeRun, start: SmokeStart): string {
	const { lastOutput = '' } = run;
	const [worst] = findings;
	if (worst === undefined) {
		return '';
	}
	const rules = rulesIn(groupFindings(findings), run, start);
	const lines = [
		...findings.map(({ check, message }) => `${check}: ${message}`),
		...rules.map(([id, does]) => `rule ${id}: ${does}`),
	];
	const output = worst.target === undefined && lastOutput !== '' ? ['', lastOutput] : [];
	return `<failure type="${worst.check}" message="${escapeXml(worst.message)}">${escapeXml([...lines, ...output].join('\n'))}</failure>`;
}

/** A run that was interrupted or not started is an error: it neither passed nor failed. */
function unmadeSuite(labels: SmokeRun['labels'], timestamp: string): Suite {
	const className = `flagdl.${Object.values(labels).join('.')}`;
	const error = '<error type="interrupted" message="interrupted before this run ended"/>';
	const cases = [testCase(className, '(the run)', 0, error)];
	return suite(nameOf(labels), cases, 0, timestamp, propertiesXml(labels));
}

function thresholdSuite(thresholds: readonly SmokeThreshold[], timestamp: string): Suite {
	const cases = thresholds.map(({ text, why, verdict, runs }) => {
		const lines = runs
			.filter((run) => run.verdict === verdict)
			.map(({ labels, found, reason }) =>
				[nameOf(labels), found, reason].filter((part) => part !== undefined).join(': '),
			);
		const details = escapeXml([why, ...lines].filter((line) => line !== undefined).join('\n'));
		const message = escapeXml(lines[0] ?? verdict);
		const contents = {
			pass: '',
			fail: `<failure type="threshold" message="${message}">${details}</failure>`,
			inconclusive: `<skipped message="inconclusive: ${message}"/>`,
		};
		return testCase('flagdl.thresholds', text, 0, contents[verdict]);
	});
	return suite('thresholds', cases, 0, timestamp, '');
}

function suite(
	name: string,
	cases: readonly string[],
	wallMs: number,
	timestamp: string,
	properties: string,
): Suite {
	const count = (element: string) => cases.filter((one) => one.includes(element)).length;
	const failures = count('<failure ');
	const errors = count('<error ');
	const skipped = count('<skipped ');
	return {
		tests: cases.length,
		failures,
		errors,
		skipped,
		xml: `<testsuite name="${escapeXml(name)}" tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${seconds(wallMs)}" timestamp="${timestamp}">
${properties}${cases.join('')}</testsuite>
`,
	};
}

function propertiesXml(properties: Readonly<Record<string, string | number>>): string {
	const lines = Object.entries(properties).map(
		([name, value]) => `<property name="${name}" value="${escapeXml(String(value))}"/>\n`,
	);
	return `<properties>\n${lines.join('')}</properties>\n`;
}

function testCase(className: string, name: string, wallMs: number, content: string): string {
	const attributes = `classname="${escapeXml(className)}" name="${escapeXml(name)}" time="${seconds(wallMs)}"`;
	return content === ''
		? `<testcase ${attributes}/>\n`
		: `<testcase ${attributes}>${content}</testcase>\n`;
}

function seconds(ms: number): string {
	return (ms / 1000).toFixed(3);
}
