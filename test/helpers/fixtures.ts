import { test } from 'vitest';
import { type HoldServer, startHoldServer } from './hold-server.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { onTestFinished } from './this-test.ts';

/** A test with a folder and a server of its own, if it names them; both are removed after it. */
export const it = test
	.extend('folder', async (): Promise<string> => await temporaryFolder())
	.extend('server', async (): Promise<HoldServer> => {
		const server = await startHoldServer();
		onTestFinished(() => server.close());
		return server;
	});
