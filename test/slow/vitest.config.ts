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
		testTimeout: 180_000,
		hookTimeout: 180_000,
		outputFile: { json: 'reports/vitest-slow.json' },
	},
});
