import type { Outcome } from '../../download/outcome.ts';
import type { Reporter, RunEnd } from '../../events/run-event.ts';
import { withoutSignature } from '../../util/secrets.ts';
import { escapeXml } from '../../util/text.ts';
import { plural } from '../../util/units.ts';
import { isPresent, reasonOf } from '../outcome-lines.ts';
import type { ReportFile } from './report-file.ts';

/** Space reserved for the head, whose counts are known only at the end. */
const HEAD_LENGTH = 400;

/**
 * JUnit XML for CI servers, with a test case for each target. `not_found` is a failure; `error` and
 * `cancelled` are errors.
 */
export function junitReport(file: ReportFile): Reporter {
	file.write(`${' '.repeat(HEAD_LENGTH)}\n`);
	const counts: Counts = { tests: 0, failures: 0, errors: 0 };
	return {
		on(event) {
			if (event.type === 'outcome') {
				count(event.outcome, counts);
				file.write(testCase(event.outcome));
			} else if (event.type === 'run.end') {
				file.write('</testsuite>\n</testsuites>\n');
				file.overwrite(head(counts, event));
			}
		},
	};
}

/** Counts of written test cases: targets that were never started have none. */
interface Counts {
	tests: number;
	failures: number;
	errors: number;
}

function count({ status }: Outcome, counts: Counts): void {
	counts.tests += 1;
	counts.failures += status === 'not_found' ? 1 : 0;
	counts.errors += status === 'error' || status === 'cancelled' ? 1 : 0;
}

function head({ tests, failures, errors }: Counts, { wallMs }: RunEnd): string {
	const attributes = `tests="${tests}" failures="${failures}" errors="${errors}" skipped="0" time="${seconds(wallMs)}"`;
	const text = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="flagdl" ${attributes}>
<testsuite name="flagdl get" ${attributes}`;
	return `${text.padEnd(HEAD_LENGTH - 1)}>`;
}

function testCase(outcome: Outcome): string {
	const { target, status, startMs, endMs } = outcome;
	const { host } = new URL(target.url);
	const attributes = `classname="${escapeXml(host)}" name="${escapeXml(withoutSignature(target.id))}" time="${seconds(endMs - startMs)}"`;
	if (isPresent(status)) {
		return `<testcase ${attributes}/>\n`;
	}

	const element = status === 'not_found' ? 'failure' : 'error';
	const { failure } = outcome;
	const requests = plural(outcome.requests, 'request');
	const details = [reasonOf(failure), withoutSignature(target.url), requests].join('\n');
	return `<testcase ${attributes}>
<${element} type="${escapeXml(failure?.code ?? status)}" message="${escapeXml(failure?.message ?? status)}">${escapeXml(details)}</${element}>
</testcase>
`;
}

function seconds(ms: number): string {
	return (ms / 1000).toFixed(3);
}
