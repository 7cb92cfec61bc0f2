/**
 * Mutation tests, on demand (`npm run test:mutation -- src/targets/list`; all of a room without a path): a
 * source is changed in hundreds of ways, one at a time, and a test must fail each time.
 *
 * Counted is what vitest loads from `src`. Worker threads and the command line as a process run the build,
 * which is never changed, so that tests of them decide nothing here: scripts/mutation.mjs names the folders
 * of tests that call a room in their own process. A mutant that runs for ever is found by the clock. What a
 * module does once, when it is loaded, costs a run of all tests for each mutant: `--ignoreStatic` leaves it out.
 */
export default {
	testRunner: 'vitest',
	vitest: { related: false },
	// Two cores: one for the tests, one for what they start.
	concurrency: 1,
	timeoutMS: 10_000,
	reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
	htmlReporter: { fileName: 'reports/mutation/index.html' },
	jsonReporter: { fileName: 'reports/mutation/index.json' },
	clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
	tempDirName: 'reports/stryker',
	ignorePatterns: ['reports', 'docs', 'coverage'],
	disableTypeChecks: false,
};
