import { AsyncLocalStorage } from 'node:async_hooks';
import { aroundEach, type TestContext } from 'vitest';

const onTestFinishedOf = new AsyncLocalStorage<TestContext['onTestFinished']>();

aroundEach(async (runTest, { onTestFinished }) => {
	await onTestFinishedOf.run(onTestFinished, runTest);
});

/** Like that of vitest, which takes another test for this one if several run at the same time. */
export function onTestFinished(call: () => unknown): void {
	const ofThisTest = onTestFinishedOf.getStore();
	if (ofThisTest === undefined) {
		throw new Error('onTestFinished() is for what a test calls');
	}
	ofThisTest(async () => {
		await call();
	});
}
