import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvent } from '../../src/schema/run-events.ts';

const END = {
	v: 1,
	seq: 3,
	type: 'run.end',
	totals: { ok: 1, unchanged: 0, skipped: 0, not_found: 0, error: 0, cancelled: 0 },
	requests: 1,
	retries: 0,
	bytes: 35,
	notStarted: 0,
	wallMs: 3.5,
	cpuMs: 1,
	maxRssBytes: 1,
	eventLoopDelay: { p50Ms: 0, p99Ms: 0, maxMs: 0 },
	exitCode: 0,
};
const OUTCOME = {
	v: 1,
	seq: 1,
	type: 'outcome',
	id: 'BR',
	index: 0,
	url: 'http://127.0.0.1/br.gif',
	dest: '/tmp/br.gif',
	status: 'ok',
	bytes: 35,
	requests: 1,
	retries: 0,
	startMs: 1,
	endMs: 2,
	attempts: [{ number: 1, url: 'u', waitedMs: 0, startMs: 1, endMs: 2, bytes: 35 }],
};

describe('an event of a run', () => {
	it('is read, and may have members of a later version', () => {
		const { event } = readEvent(JSON.stringify({ ...END, new: { member: true } }));

		expect(event).toEqual(END);
	});

	it.each([
		['', 'is not JSON: '],
		['null', 'is no event: found null; allowed:'],
		['[]', 'is no event: '],
		['{"v":1,"seq":0,"type":"run.stop"}', 'did you mean run.start?'],
		[
			JSON.stringify({ ...END, bytes: '35', wallMs: -1 }),
			'/bytes: found "35"; allowed: a whole number from 0; /wallMs: found -1',
		],
		[JSON.stringify({ ...END, totals: {} }), '/totals: the key "ok" is missing; /totals: the key'],
		[JSON.stringify({ ...OUTCOME, attempts: [{}] }), '/attempts/0: the key "number" is missing'],
	])('is refused as %s, with all that is wrong', (line, problem) => {
		expect(readEvent(line).problem).toContain(problem);
	});

	it('is taken by the schema and by the reader, or by neither', async () => {
		const file = new URL('../../fixtures/schemas/events.schema.json', import.meta.url);
		const ajv = new Ajv({ strictRequired: false });
		const isValid = ajv.compile(JSON.parse(await readFile(file, 'utf8')) as object);
		const verdicts = { valid: 0, invalid: 0 };
		const changed = fc
			.constantFrom<Record<string, unknown>>(END, OUTCOME)
			.chain((base) =>
				fc
					.tuple(
						fc.constantFrom(...Object.keys(base)),
						fc.oneof(
							fc.constantFrom(undefined, 0, 1, -1, 1.5, 'ok', '', true, null, [], {}),
							fc.jsonValue(),
						),
					)
					.map(([name, value]) => ({ ...base, [name]: value })),
			);

		fc.assert(
			fc.property(changed, (document) => {
				const line = JSON.stringify(document);
				const isEvent = readEvent(line).event !== undefined;
				expect(isEvent).toBe(isValid(JSON.parse(line)));
				verdicts[isEvent ? 'valid' : 'invalid'] += 1;
			}),
			{ numRuns: 2000 },
		);
		expect(Math.min(...Object.values(verdicts))).toBeGreaterThan(50);
	});
});
