import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseScenario, plan, startFlagServer } from 'flagdl';
import { fetchFlag } from './client.mjs';

const scenario = parseScenario({
	version: 1,
	rules: [
		{
			id: 'hiccup',
			match: { codes: ['br'] },
			attempts: '1-2',
			then: { type: 'status', status: 503 },
		},
		{ id: 'gone', match: { codes: ['cn'] }, then: { type: 'status', status: 404 } },
		{ id: 'reset', match: { codes: ['in'] }, attempts: '1', then: { type: 'reset' } },
	],
});
const requests = [];
let server;
before(async () => {
	server = await startFlagServer({ scenario, log: (entry) => requests.push(entry.path) });
});
after(async () => {
	await server.close();
});

for (const target of plan(scenario, ['br', 'cn', 'in', 'us'], { retries: 3 }).targets) {
	test(`${target.id} ends as ${target.status} after ${target.requests} requests`, async () => {
		const content = await fetchFlag(server.url + target.path);

		assert.equal(content !== undefined, target.status === 'ok');
		assert.equal(requests.filter((path) => path === target.path).length, target.requests);
	});
}
