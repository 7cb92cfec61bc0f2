import { configDefaults, defineConfig } from 'vitest/config';
import everyday from '../../vitest.config.ts';

// What takes minutes: kills, installs. CI runs it as a second step.
export default defineConfig({
	test: {
		...everyday.test,
		include: ['test/slow/**/*.test.ts'],
		exclude: configDefaults.exclude,
		// Installs and kills of whole runs keep two cores busy.
		maxWorkers: 2,
		// One in some hundred kills strikes at a moment that the machine, not flagdl, makes too long. CI names what was repeated.
		retry: process.env['CI'] === undefined ? 0 : 1,
		testTimeout: 180_000,
		hookTimeout: 180_000,
		outputFile: { json: 'reports/vitest-slow.json' },
	},
});
