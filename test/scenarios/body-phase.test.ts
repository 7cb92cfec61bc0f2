import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyOffset, stretchesOf } from '../../src/scenarios/decide.ts';

const sizes = fc.integer({ min: 0, max: 100_000 });
const rates = fc.integer({ min: 1, max: 1_000_000 });
const trickles = fc.array(
	fc.record({
		after: fc.oneof(
			fc.record({ fraction: fc.double({ min: 0, max: 1, noNaN: true }) }),
			fc.record({ bytes: fc.integer({ min: 0, max: 200_000 }) }),
		),
		bytesPerSecond: rates,
	}),
	{ maxLength: 4 },
);

describe('the place in a body at which a fault strikes', () => {
	it.each([
		[{ fraction: 0 }, 1000, 0],
		[{ fraction: 0.5 }, 1000, 500],
		[{ fraction: 0.25 }, 1001, 250],
		[{ fraction: 1 }, 1000, 999],
		[{ bytes: 0 }, 1000, 0],
		[{ bytes: 100 }, 1000, 100],
		[{ bytes: 999 }, 1000, 999],
		[{ bytes: 1000 }, 1000, 999],
		[{ bytes: 5 }, 1, 0],
		[{ bytes: 5 }, 0, 0],
	])('%j of %i bytes is byte %i', (at, sizeBytes, offset) => {
		expect(bodyOffset(at, sizeBytes)).toBe(offset);
	});
});

describe('the speeds of a body', () => {
	it('are at each byte the least of those that have begun', () => {
		fc.assert(
			fc.property(fc.option(rates), trickles, sizes, fc.nat(), (limit, all, sizeBytes, place) => {
				const byte = sizeBytes === 0 ? 0 : place % sizeBytes;
				const stretches = stretchesOf(
					{ ...(limit !== null && { bytesPerSecond: limit }), trickles: all },
					sizeBytes,
				);
				const begun = all.filter(({ after }) => bodyOffset(after, sizeBytes) <= byte);
				const least = Math.min(
					limit ?? Number.POSITIVE_INFINITY,
					...begun.map(({ bytesPerSecond }) => bytesPerSecond),
				);
				const found = stretches.findLast(({ from }) => from <= byte);

				expect(stretches[0]?.from).toBe(0);
				expect(found?.bytesPerSecond ?? Number.POSITIVE_INFINITY).toBe(least);
				expect(Object.values(found ?? {})).not.toContain(Number.POSITIVE_INFINITY);
			}),
		);
	});

	it('are one without any limit', () => {
		expect(stretchesOf({}, 10)).toEqual([{ from: 0 }]);
	});
});
