import { describe, expect, it } from 'vitest';
import { measurementOfLog } from '../../../src/bench/experiment/run-record.ts';
import { serverSide } from '../../../src/bench/experiment/server-process.ts';
import type { LogEntry, LogSummary } from '../../../src/server/request-log.ts';

const ENTRY: LogEntry = {
	time: 5_000,
	connection: 1,
	requestOnConnection: 1,
	run: '',
	method: 'GET',
	path: '/a',
	attempt: 1,
	status: 200,
	plannedMs: 0,
	servedMs: 10,
	bytes: 1_000,
	outcome: 'answered',
	inFlight: 1,
};
const SUMMARY: LogSummary = {
	requests: 1,
	inFlight: 0,
	maxInFlight: 1,
	connections: 0,
	maxConnections: 1,
	eventLoop: { utilization: 0.1, activeMs: 1, idleMs: 9 },
};
const SLOW = {
	latencyMs: 0,
	pauses: [{ at: 'after-headers', ms: 5 }],
	bytesPerSecond: 10_000,
	trickles: [{ after: { bytes: 600 }, bytesPerSecond: 1_000 }],
} as const;
const decide = () => ({ latencyMs: 0, pauses: [] });

describe('the measurement of a peer', () => {
	const end = { processMs: 2_000, endMs: 6_000, log: '' };
	const targets = [{ id: 'a', url: 'http://h/a', name: 'a' }];
	const measure = (gone: number) => {
		const log = { summary: SUMMARY, gone, requests: [ENTRY] };
		return measurementOfLog(end, { log, decide }, targets);
	};

	it('begins with the first request that the server saw', () => {
		expect(measure(0)).toMatchObject({ processMs: 2_000, wallMs: 1_000, requests: 1 });
	});

	it('is only that of its process if the log no longer has the first request', () => {
		expect(measure(1)).toEqual({ processMs: 2_000, attempts: [] });
	});
});

it('the transfer of a body includes a bandwidth that begins within it', () => {
	expect(serverSide(ENTRY, () => SLOW).transferMs).toBe(5 + 60 + 400);
});

it('the body of an error is not slowed down', () => {
	const claim = { rule: 'no', fault: { type: 'status', status: 503 } } as const;

	expect(serverSide(ENTRY, () => ({ ...SLOW, claim })).transferMs).toBeUndefined();
});
