import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { onTestFinished } from './this-test.ts';

/** Retries, since a killed process may still be creating files. */
const REMOVAL = { recursive: true, force: true, maxRetries: 10 };

/** A folder for this test, removed when the test is finished. */
export async function temporaryFolder(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'flagdl-test-'));
	onTestFinished(async () => await rm(folder, REMOVAL));
	return folder;
}

/** A folder for all tests of this suite. */
export async function suiteFolder(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'flagdl-test-'));
	afterAll(async () => await rm(folder, REMOVAL));
	return folder;
}
