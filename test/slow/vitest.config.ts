import { configDefaults, defineConfig } from 'vitest/config';
import everyday from '../../vitest.config.ts';

// Tests that take minutes: kills, installations. CI runs them as a second step.
export default defineConfig({
	test: {
		...everyday.test,
		include: ['test/slow/**/*.test.ts'],
		exclude: configDefaults.exclude,
		// Installations and kills of whole runs keep two cores busy.
		maxWorkers: 2,
		// One in some hundred kills fails because of a slow machine. CI lists the retries.
		retry: process.env['CI'] === undefined ? 0 : 1,
		testTimeout: 180_000,
		hookTimeout: 180_000,
		outputFile: { json: 'reports/vitest-slow.json' },
	},
});
