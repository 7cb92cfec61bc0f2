import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		include: ['test/**/*.test.ts'],
		// Kills and installs: `npm run test:slow`.
		exclude: [...configDefaults.exclude, 'test/slow/**'],
		// A worker thread takes seconds to boot where two busy cores run everything at once.
		testTimeout: 30_000,
		hookTimeout: 30_000,
		// For two cores: tests wait more than they compute.
		maxWorkers: 3,
		// A shared machine stalls at times. CI names every test that needed a second try: see .ci/run.
		retry: process.env['CI'] === undefined ? 0 : 1,
		reporters: process.env['CI'] === undefined ? ['default'] : ['default', 'json'],
		outputFile: { json: 'reports/vitest.json' },
	},
});
