import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { loadScenario, plan, startFlagServer } from 'flagdl';
import { fetchFlag } from './client.mjs';

const { scenario } = loadScenario('flaky', '.');
let server;
before(async () => {
	server = await startFlagServer({ scenario });
});
after(async () => {
	await server.close();
});

const { targets } = plan(scenario, ['br', 'cn', 'in', 'xx'], { retries: 3 });
for (const { id, path, sha256, requests } of targets) {
	test(`${id} ends with the right bytes, after as many requests as are needed`, async () => {
		const before = server.summary().requests;
		const content = await fetchFlag(server.url + path);
		assert.equal(content && createHash('sha256').update(content).digest('hex'), sha256);
		assert.equal(server.summary().requests - before, requests);
	});
}
