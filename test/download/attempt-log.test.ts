import { expect, it } from 'vitest';
import { AttemptLog } from '../../src/download/attempt-log.ts';
import type { Exchange } from '../../src/download/http/exchange.ts';
import { nowMs } from '../../src/download/outcome.ts';
import { placeOf } from '../../src/targets/url.ts';

const URL_ = placeOf(new URL('http://a/x'));
const exchange = (of: Partial<Exchange> = {}) =>
	({ timesSent: 1, bytes: 0, ...of }) as unknown as Exchange;
const connected = (connectedMs: number, of: Partial<Exchange> = {}) =>
	exchange({ connection: { connectedMs } as Exchange['connection'], reused: true, ...of });

it('counts requests that were sent, and keeps the last status, without a record of each', () => {
	const log = new AttemptLog(false);
	const [first, second] = [log.begin(), log.begin()];
	expect(first.isDetailed).toBe(false);

	first.status = 503;
	first.end(URL_, exchange({ timesSent: 2 }));
	second.end(URL_, exchange({ timesSent: 0 }));
	second.failed('ECONNREFUSED');
	second.written();

	expect(log).toMatchObject({ requests: 2, httpStatus: 503 });
	expect(log.attempts).toBeUndefined();
});

it('has of an attempt that came to nothing what is known', () => {
	const log = new AttemptLog(true);
	const before = nowMs();
	const attempt = log.begin();
	expect([attempt.isDetailed, log.attempts]).toEqual([true, []]);
	attempt.failed('before its end');

	attempt.end(URL_, exchange());
	attempt.failed('ECONNREFUSED');

	const [found] = log.attempts ?? [];
	const { startMs } = attempt;
	expect(startMs).toBeGreaterThanOrEqual(before);
	expect(found?.endMs).toBeGreaterThanOrEqual(startMs);
	expect(found).toStrictEqual({
		...{ number: 1, url: 'http://a/x', waitedMs: 0, startMs, endMs: found?.endMs },
		...{ bytes: 0, code: 'ECONNREFUSED' },
	});
});

it('has of an attempt that was answered all its times, and when its file had its name', () => {
	const log = new AttemptLog(true);
	const attempt = log.begin();
	Object.assign(attempt, { status: 200, servedMs: 7 });
	const { startMs } = attempt;

	const times = { headersMs: startMs + 2, bodyMs: startMs + 3 };
	attempt.end(URL_, connected(startMs + 1, { ...times, bytes: 4 }));
	const endMs = log.attempts?.[0]?.endMs ?? 0;
	attempt.written();

	const [found] = log.attempts ?? [];
	expect(found).toStrictEqual({
		...{ number: 1, url: 'http://a/x', waitedMs: 0, startMs, connectedMs: startMs + 1 },
		...{ reused: true, headersMs: startMs + 2, bodyMs: startMs + 3, status: 200, servedMs: 7 },
		...{ endMs: found?.endMs, bytes: 4, writtenMs: found?.endMs },
	});
	expect(found?.endMs).toBeGreaterThanOrEqual(endMs);
});

it('knows how long each attempt waited after the one before', () => {
	const log = new AttemptLog(true);
	const first = log.begin();
	first.end(URL_, connected(first.startMs - 1000));
	const second = log.begin();
	second.end(URL_, exchange());

	const [one, two] = log.attempts ?? [];
	// A reused connection was there from the start.
	expect(one?.connectedMs).toBe(first.startMs);
	expect([one?.number, two?.number, one?.waitedMs]).toEqual([1, 2, 0]);
	expect(two?.waitedMs).toBeGreaterThanOrEqual(0);
	expect(two?.waitedMs).toBeLessThanOrEqual(second.startMs - first.startMs);
});
