// Prints what vitest's JSON reports hold in one last line: `N passed, N failed, N skipped`. Skips are named, so that
// none goes unseen. A report that is missing and a file that cannot be loaded count as a failure each.
import { readFileSync } from 'node:fs';

const totals = { passed: 0, failed: 0, skipped: 0 };
for (const file of process.argv.slice(2)) {
	const { passed, failed, skipped } = countReport(file);
	totals.passed += passed;
	totals.failed += failed;
	totals.skipped += skipped;
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;

function countReport(file) {
	let report;
	try {
		report = JSON.parse(readFileSync(file, 'utf8'));
	} catch (error) {
		console.log(`failed: no report of the tests: ${error.message}`);
		return { passed: 0, failed: 1, skipped: 0 };
	}
	let unloaded = 0;
	for (const { name, status, message, assertionResults } of report.testResults) {
		for (const test of assertionResults) {
			if (test.status === 'pending' || test.status === 'skipped') {
				console.log(`skipped: ${test.fullName}`);
			}
			if (test.status === 'passed' && test.failureMessages.length > 0) {
				console.log(`passed at another try: ${test.fullName}`);
			}
		}
		if (status === 'failed' && assertionResults.length === 0) {
			unloaded += 1;
			console.log(`failed: ${name}: ${message}`);
		}
	}
	return {
		passed: report.numPassedTests,
		failed: report.numFailedTests + unloaded,
		skipped: report.numPendingTests + report.numTodoTests,
	};
}
