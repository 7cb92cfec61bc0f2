import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		include: ['test/**/*.test.ts'],
		// Kills and installs: `npm run test:slow`.
		exclude: [...configDefaults.exclude, 'test/slow/**'],
		// A worker thread takes seconds to boot where two busy cores run everything at once.
		testTimeout: 60_000,
		hookTimeout: 60_000,
		// For two cores: tests wait more than they compute.
		maxWorkers: 4,
		// A busy machine makes what is polled for come late; the second that is vitest's default is for quiet ones.
		expect: { poll: { timeout: 20_000 } },
		// No second try: a file that needs one says so itself, and why.
		retry: 0,
		reporters: process.env['CI'] === undefined ? ['default'] : ['default', 'json'],
		outputFile: { json: 'reports/vitest.json' },
	},
});
