import { afterEach, expect, it } from 'vitest';
import { type LogEntry, RequestLog } from '../../src/server/request-log.ts';
import type { FlagServer } from '../../src/server/start-flag-server.ts';
import { BR, BR_PATH, readLog, startFaulty } from './faults/faulty-server.ts';
import { httpRequest } from './http-request.ts';
import { get, rawConnect, readUntil } from './raw-socket.ts';

let server: FlagServer | undefined;

afterEach(async () => {
	await server?.close();
	server = undefined;
});

const ENTRY: LogEntry = {
	time: 0,
	connection: 1,
	requestOnConnection: 1,
	run: '',
	method: 'GET',
	path: BR_PATH,
	plannedMs: 0,
	bytes: 0,
	outcome: 'answered',
	inFlight: 1,
};

it('keeps the last 10,000 and says how many are gone', () => {
	const log = new RequestLog();
	for (let time = 0; time < 25_003; time += 1) {
		log.add({ ...ENTRY, time });
	}
	const times = log.entries().map(({ time }) => time);

	expect(times).toHaveLength(10_000);
	expect([times[0], times.at(-1)]).toEqual([15_003, 25_002]);
	expect(log.dropped).toBe(15_003);
});

it('tells each request in order, and nothing of its own control', async () => {
	server = await startFaulty([], { document: { latency: '5ms' } });
	const startMs = Date.now();
	await httpRequest(server.url + BR_PATH, { headers: { 'x-flagdl-run': 'r1' } });
	await httpRequest(`${server.url}/nothing`);
	await httpRequest(`${server.url}/healthz`);
	const { requests, gone, summary } = await readLog(server);

	expect(gone).toBe(0);
	expect(requests).toHaveLength(2);
	expect(requests[0]).toMatchObject({
		connection: 1,
		requestOnConnection: 1,
		run: 'r1',
		method: 'GET',
		path: BR_PATH,
		attempt: 1,
		status: 200,
		plannedMs: 5,
		bytes: BR.length,
		outcome: 'answered',
		inFlight: 1,
	});
	expect(requests[0]?.time).toBeGreaterThan(startMs - 1);
	expect(requests[0]?.servedMs).toBeGreaterThanOrEqual(5);
	expect(requests[1]).toMatchObject({ path: '/nothing', status: 404 });
	expect(requests[1]?.attempt).toBeUndefined();
	expect(summary).toMatchObject({ requests: 2, maxInFlight: 1, inFlight: 0 });
	expect(summary.eventLoop.utilization).toBeGreaterThan(0);
	expect(summary.eventLoop.utilization).toBeLessThanOrEqual(1);
	expect(summary.eventLoop.activeMs).toBeGreaterThan(0);
});

it('is empty after a reset', async () => {
	server = await startFaulty([]);
	await httpRequest(server.url + BR_PATH);
	const reset = await httpRequest(`${server.url}/__flagdl/reset`, { method: 'POST' });

	expect(reset.status).toBe(204);
	expect(await readLog(server)).toMatchObject({ gone: 0, requests: [], summary: { requests: 0 } });
	expect((await httpRequest(`${server.url}/__flagdl/reset`)).status).toBe(405);
});

it('hands each request on when it is over', async () => {
	const told: LogEntry[] = [];
	server = await startFaulty([], { log: (entry) => told.push(entry) });
	await httpRequest(server.url + BR_PATH);
	await server.close();
	server = undefined;

	expect(told).toMatchObject([{ path: BR_PATH, outcome: 'answered' }]);
});

it('counts in flight what is pipelined, and forgets it with its connection', async () => {
	const rules = [{ id: 'hold', match: { codes: ['br'] }, then: { type: 'stall' } }];
	server = await startFaulty([], { document: { rules } });
	const socket = rawConnect(server.url);
	socket.write(get(BR_PATH) + get('/flags/jp/jp.gif') + get('/flags/in/in.gif'));
	while ((await readLog(server)).requests.length < 3) {}
	expect((await readLog(server)).summary.inFlight).toBe(3);

	socket.destroy();
	while ((await readLog(server)).summary.inFlight > 0) {}
	const { requests } = await readLog(server);
	expect(requests.map(({ outcome }) => outcome)).toEqual(['broken', 'aborted', 'aborted']);
});

it('does not grow by the names that clients send', async () => {
	server = await startFaulty([]);
	const long = 'x'.repeat(5_000);
	await httpRequest(`${server.url}/${long}`, { headers: { 'x-flagdl-run': long } });
	const { requests } = await readLog(server);

	expect(requests[0]?.path.length).toBe(128);
	expect(requests[0]?.run.length).toBe(128);
});

it('answers pipelined requests in their order', async () => {
	const rules = [{ id: 'slow', match: { codes: ['br'] }, then: { type: 'delay', time: '30ms' } }];
	server = await startFaulty([], { document: { rules } });
	const socket = rawConnect(server.url);
	socket.write(get(BR_PATH) + get('/healthz'));
	const text = await readUntil(socket, (all) => all.includes('"ok"'));
	socket.destroy();

	expect(text.indexOf('GIF89a')).toBeGreaterThan(0);
	expect(text.indexOf('"ok"')).toBeGreaterThan(text.indexOf('GIF89a'));
});
