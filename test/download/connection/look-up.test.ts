import dns, { type LookupAddress } from 'node:dns';
import { errors } from 'undici';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { lookUp } from '../../../src/download/connection/look-up.ts';

type Callback = (error: Error | null, found: LookupAddress[]) => void;

const FOUND = [{ address: '192.0.2.1', family: 4 }];

/** Calls of the resolver, with the callback that answers each. */
let asked: { readonly name: string; readonly answer: Callback; readonly options: unknown }[];

beforeEach(() => {
	asked = [];
	const lookup = (name: string, options: unknown, answer: Callback) => {
		asked.push({ name, answer, options });
	};
	const spy = vi.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
	onTestFinished(() => {
		spy.mockRestore();
	});
});

const untilAsked = async (count: number) =>
	await vi.waitFor(() => expect(asked).toHaveLength(count), { interval: 1 });

it('a name is looked up once for all who wait for it, and again for those who come later', async () => {
	const [one, other] = [lookUp('a.test', 1000), lookUp('a.test', 1000)];
	await untilAsked(1);
	expect(asked[0]).toMatchObject({ name: 'a.test', options: { all: true, hints: dns.ADDRCONFIG } });

	asked[0]?.answer(null, FOUND);

	expect(await Promise.all([one, other])).toEqual([FOUND, FOUND]);
	const later = lookUp('a.test', 1000);
	await untilAsked(2);
	asked[1]?.answer(new Error('not found'), []);
	await expect(later).rejects.toThrow('not found');
});

it('a look-up may take so long from when it begins, and keeps its place until it ends', async () => {
	const slow = [lookUp('b.test', 30), lookUp('c.test', 30)];
	const queued = lookUp('d.test', 30);

	for (const [index, one] of slow.entries()) {
		const error = await one.catch((reason: unknown) => reason);
		expect(error).toBeInstanceOf(errors.ConnectTimeoutError);
		expect((error as Error).message).toBe(
			`the resolver has not answered for ${['b.test', 'c.test'][index]}`,
		);
	}
	expect(asked.map(({ name }) => name)).toEqual(['b.test', 'c.test']);
	asked[0]?.answer(null, FOUND);
	await untilAsked(3);
	asked[2]?.answer(null, FOUND);
	expect(await queued).toBe(FOUND);
	asked[1]?.answer(null, FOUND);
});

it.each(['none', '', '0', '-4', '1'])(
	'names are looked up with UV_THREADPOOL_SIZE=%s',
	async (size) => {
		vi.stubEnv('UV_THREADPOOL_SIZE', size);
		vi.resetModules();
		const fresh = await import('../../../src/download/connection/look-up.ts');
		vi.unstubAllEnvs();

		const found = fresh.lookUp('b.test', 1000);
		await untilAsked(1);
		asked[0]?.answer(null, FOUND);

		expect(await found).toEqual(FOUND);
	},
);
