import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		include: ['test/**/*.test.ts'],
		// A worker thread takes seconds to boot where two busy cores run everything at once.
		testTimeout: 30_000,
		hookTimeout: 30_000,
		maxWorkers: 2,
		reporters: process.env['CI'] === undefined ? ['default'] : ['default', 'json'],
		outputFile: { json: 'reports/vitest.json' },
	},
});
