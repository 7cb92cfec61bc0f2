import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Exchange } from '../../../src/download/http/exchange.ts';
import { HeaderFields } from '../../../src/download/http/header-fields.ts';
import {
	drain,
	type HttpResponse,
	responseError,
	servedTime,
	throttleSignal,
} from '../../../src/download/http/response.ts';

const TARGET = { id: 'x', index: 0, url: 'http://a/x', dest: '/x' };

const response = (
	status: number,
	fields: Readonly<Record<string, string>> = {},
	proxy?: string,
) => {
	const raw = Object.entries(fields)
		.flat()
		.map((text) => Buffer.from(text));
	return { status, fields: new HeaderFields(raw), exchange: { proxy } } as unknown as HttpResponse;
};

describe('a response that is a failure', () => {
	it.each<[status: number, proxy: string | undefined, code: string, message: string]>([
		[404, undefined, 'http_404', '404 Not Found'],
		[599, undefined, 'http_599', '599'],
		[407, undefined, 'http_407', '407 Proxy Authentication Required'],
		[502, 'p:1', 'http_502', '502 Bad Gateway (through the proxy p:1)'],
		[
			...([407, 'p:1', 'proxy_auth_required'] as const),
			'407 Proxy Authentication Required (through the proxy p:1)',
		],
	])('of status %i through %s is called %s', (status, proxy, code, message) => {
		const error = responseError(TARGET, response(status, {}, proxy));

		expect(error).toMatchObject({ target: TARGET, code, message, httpStatus: status });
		expect('retryAfterMs' in error && error.retryAfterMs !== undefined).toBe(false);
	});

	it.each([
		[429, '2', 2000],
		[503, '0', 0],
		[500, '2', undefined],
		[200, '2', undefined],
		[429, 'soon', undefined],
		[429, undefined, undefined],
	])('of status %i with Retry-After: %s asks to wait for %s ms', (status, field, retryAfterMs) => {
		const refused = response(status, field === undefined ? {} : { 'retry-after': field });

		expect(responseError(TARGET, refused).retryAfterMs).toBe(retryAfterMs);
		expect(throttleSignal(refused)).toEqual(
			retryAfterMs === undefined ? undefined : { kind: 'refused', status, retryAfterMs },
		);
	});
});

it.each([
	['served;dur=12.5', 12.5],
	['cache;desc=hit, served;dur=3', 3],
	['a,served;dur=4;x', 4],
	['unserved;dur=3', undefined],
	['served;dur=x', undefined],
	[undefined, undefined],
])('the server says with Server-Timing: %s that it took %s ms', (field, ms) => {
	expect(servedTime(response(200, field === undefined ? {} : { 'server-timing': field }))).toBe(ms);
});

describe('the rest of a response that is not wanted', () => {
	/** Returns these sizes, one per read, and then hangs, ends or fails. */
	class Rest {
		bytes = 0;
		taken = 0;
		reads = 0;
		aborted: string | undefined;
		readonly isWhole: boolean;
		readonly #sizes: readonly number[];
		readonly #end: 'hangs' | 'ends' | 'fails';
		#fail: ((error: Error) => void) | undefined;

		constructor(sizes: readonly number[], end: 'hangs' | 'ends' | 'fails', isWhole = false) {
			this.#sizes = sizes;
			this.#end = end;
			this.isWhole = isWhole;
		}

		take(): void {
			this.taken += 1;
		}

		async read(): Promise<Buffer[] | undefined> {
			const size = this.#sizes[this.reads];
			this.reads += 1;
			if (size !== undefined) {
				this.bytes += size;
				return [];
			}
			if (this.#end === 'ends') {
				return undefined;
			}
			return await new Promise((_, reject) => {
				this.#fail = reject;
				if (this.#end === 'fails') {
					reject(new Error('cut off'));
				}
			});
		}

		abort(reason: Error): void {
			this.aborted = reason.message;
			this.#fail?.(reason);
		}
	}
	const drained = async (rest: Rest) => {
		await drain(rest as unknown as Exchange);
		return rest;
	};
	const KIB = 1024;

	it('is read to its end if it is short', async () => {
		expect(await drained(new Rest([], 'fails', true))).toMatchObject({ taken: 1, reads: 0 });
		const short = await drained(new Rest([32 * KIB, 32 * KIB], 'ends'));
		expect(short).toMatchObject({ reads: 3, taken: 0, aborted: undefined });
		expect(await drained(new Rest([1], 'fails'))).toMatchObject({ reads: 2, aborted: undefined });
	});

	it('is left if it is long', async () => {
		expect(await drained(new Rest([64 * KIB, 1, 1], 'hangs'))).toMatchObject({ reads: 2 });
	});

	it('is waited for a quarter of a second, and ended then', async () => {
		vi.useFakeTimers();
		onTestFinished(() => {
			vi.useRealTimers();
		});
		const rest = new Rest([1], 'hangs');
		const draining = drained(rest);

		await vi.advanceTimersByTimeAsync(249);
		expect(rest.aborted).toBeUndefined();
		await vi.advanceTimersByTimeAsync(1);
		await draining;
		expect(rest.aborted).toBe('the rest of the response does not come');
		await drained(new Rest([], 'ends'));
		expect(vi.getTimerCount()).toBe(0);
	});
});
