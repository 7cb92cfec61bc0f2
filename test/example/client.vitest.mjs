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

test('it retries what is cut short', async () => {
	const cut = plan(scenario, ['br', 'cn', 'in', 'us', 'de'], { retries: 3 });

	for (const { path } of cut.targets) {
		expect(await fetchFlag(server.url + path)).toBeInstanceOf(Buffer);
	}
});
