import { createHash } from 'node:crypto';
import { loadScenario, plan, startFlagServer } from 'flagdl';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fetchFlag } from './client.mjs';

const { scenario } = loadScenario('truncating', '.');
let server;
beforeAll(async () => {
	server = await startFlagServer({ scenario });
});
afterAll(async () => {
	await server.close();
});

test('it ends with the right bytes, after as many requests as are needed', async () => {
	const { targets } = plan(scenario, ['br', 'cn', 'in', 'us', 'de'], { retries: 3 });

	for (const { path, sha256, requests } of targets) {
		const before = server.summary().requests;
		const content = await fetchFlag(server.url + path);

		expect(content && createHash('sha256').update(content).digest('hex')).toBe(sha256);
		expect(server.summary().requests - before).toBe(requests);
	}
});
