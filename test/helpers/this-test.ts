import { AsyncLocalStorage } from 'node:async_hooks';
import { aroundEach, type TestContext } from 'vitest';

const onTestFinishedOf = new AsyncLocalStorage<TestContext['onTestFinished']>();

aroundEach(async (runTest, { onTestFinished }) => {
	await onTestFinishedOf.run(onTestFinished, runTest);
});

/** Vitest's own function registers with the wrong test if several run concurrently. */
export function onTestFinished(call: () => unknown): void {
	const ofThisTest = onTestFinishedOf.getStore();
	if (ofThisTest === undefined) {
		throw new Error('onTestFinished() is for what a test calls');
	}
	ofThisTest(async () => {
		await call();
	});
}
