import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../../src/download/options.ts';
import type { Outcome } from '../../../src/download/outcome.ts';
import { check } from '../../../src/schema/message.ts';
import { type OutcomeRow, shardMessage } from '../../../src/schema/shard.ts';
import { isCompatible, readRecord, writeRecord } from '../../../src/strategies/queue/run.ts';
import { associatedDataOf, Seal, Seals, WrongKey } from '../../../src/strategies/queue/seal.ts';
import {
	fromRow,
	fromWire,
	packRows,
	toRow,
	toWire,
	unpackRows,
} from '../../../src/strategies/queue/shard.ts';
import type { Target } from '../../../src/targets/target.ts';
import { VERSION } from '../../../src/util/version.ts';

const plain: Target = { id: 'BR', index: 7, url: 'http://h/br.gif', dest: '/out/eu/br.gif' };
const DIGEST = '0123456789ab';
/** In its wire form. */
const PLAIN = { url: 'http://h/a', dest: 'a' };
const full: Required<Target> = {
	...plain,
	sha256: 'a'.repeat(64),
	sha384: 'b'.repeat(96),
	sha512: 'c'.repeat(128),
	headers: { authorization: 'Bearer t' },
	credentials: { 'http://h': 'u:p' },
	mirrors: ['https://m/br.gif'],
	naming: { metadataUrl: 'http://h/metadata.json', directory: '/out', extension: '.gif' },
	validators: { etag: '"x"', lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' },
};

describe('a shard on the wire', () => {
	const travel = (target: Target) => {
		const message = {
			...{ wire: 5, run: 'r', shard: 0, digest: DIGEST },
			targets: [toWire(target, '/out')],
		};
		const [arrived] = check(shardMessage, JSON.parse(JSON.stringify(message)), 'shard').targets;
		return arrived && fromWire(arrived, 7, '/elsewhere');
	};

	it.each([plain, full, { ...plain, id: plain.url }])(
		'moves to the directory of the worker',
		(target) => {
			expect(travel(target)).toEqual({
				...target,
				dest: '/elsewhere/eu/br.gif',
				...(target.naming && { naming: { ...target.naming, directory: '/elsewhere' } }),
			});
		},
	);

	it.each(['/etc/passwd', '/out/../x.gif', '/outer/x.gif'])(
		'is not made of a target that leads out: %s',
		(dest) => {
			expect(() => toWire({ ...plain, dest }, '/out')).toThrow('destination');
		},
	);

	it.each([
		['null', null],
		['a number too large', { shard: 1e300 }],
		['too many targets', { targets: Array(10_001).fill({}) }],
		['no text', { targets: [{ url: 5, dest: 'a' }] }],
		['a control character', { targets: [{ url: 'http://h/a', dest: 'a\u0000b' }] }],
		['a device', { targets: [{ url: 'http://h/a', dest: 'NUL.gif' }] }],
		['no digest', { targets: [{ url: 'http://h/a', dest: 'a', sha256: 'zz' }] }],
		[
			'what is no header field',
			{ targets: [{ url: 'http://h/a', dest: 'a', headers: { a: '\n' } }] },
		],
		['a mirror that is no URL', { targets: [{ url: 'http://h/a', dest: 'a', mirrors: ['x'] }] }],
		['a run with a colon', { run: 'a:b' }],
		['no target', { targets: [] }],
		['another version', { wire: 3 }],
	])('is refused with %s', (_, part) => {
		const message = { wire: 5, run: 'r', shard: 0, digest: DIGEST, targets: [PLAIN] };
		const data = part === null ? part : { ...message, ...part };
		expect(() => check(shardMessage, data, 'shard')).toThrow(/found/);
	});
});

describe('outcomes on the wire', () => {
	const clock = {
		nowMs: () => 0,
		toShared: (ms: number) => ms + 500,
		toLocal: (ms: number) => ms - 500,
	};
	const travel = (outcome: Outcome, to = '/elsewhere') => {
		const shared = toRow(outcome, 3, { outputDir: '/out', clock });
		const [arrived] = unpackRows(packRows([shared]));
		if (arrived === undefined) {
			throw new Error('nothing arrived');
		}
		expect(arrived.offset).toBe(3);
		const target = { ...outcome.target, dest: outcome.target.dest.replace('/out', to) };
		return fromRow(arrived, target, { outputDir: to, clock });
	};
	const ok: Outcome = {
		target: plain,
		status: 'ok',
		dest: plain.dest,
		bytes: 5882,
		requests: 2,
		retries: 1,
		startMs: 1_700_000_000_000.125,
		endMs: 1_700_000_000_020.25,
		httpStatus: 200,
	};

	it('are the same on the other side', () => {
		expect(travel(ok, '/out')).toEqual(ok);
	});

	it('are about the file as the other side has it', () => {
		expect(travel(ok).dest).toBe('/elsewhere/eu/br.gif');
		expect(travel({ ...ok, dest: '/out/Brazil.gif' }).dest).toBe('/elsewhere/Brazil.gif');
	});

	it('keep failures, digests and attempts', () => {
		const failed: Outcome = {
			...ok,
			status: 'error',
			failure: { code: 'ECONNRESET', message: 'broke', causes: ['read', 'socket'] },
			attempts: [
				{
					...{ number: 1, url: 'http://h/br.gif', waitedMs: 0, endMs: 9.5, bytes: 0 },
					...{ startMs: 3.25, connectedMs: 4, reused: false, code: 'ECONNRESET' },
				},
			],
		};
		expect(travel(failed, '/out')).toEqual(failed);
		const digested = { ...ok, sha256: 'b'.repeat(64) };
		expect(travel(digested, '/out')).toEqual(digested);
		const expected = { ...ok, target: full, sha256: full.sha256 };
		expect(travel(expected, '/out').sha256).toBe(full.sha256);
	});

	it('cost less than thirty bytes each where nothing is special', () => {
		const batch = Array.from({ length: 64 }, (_, index) =>
			toRow({ ...ok, startMs: ok.startMs + index * 7.77, endMs: ok.endMs + index * 7.9 }, index, {
				outputDir: '/out',
				clock,
			}),
		);
		expect(Buffer.from(packRows(batch), 'base64').length / 64).toBeLessThan(30);
	});

	const ROW = {
		...{ offset: 0, status: 'ok', bytes: 1, requests: 1, retries: 0, startMs: 0, endMs: 1 },
	};
	it('are taken as they are', () => {
		expect(unpackRows(packRows([ROW as OutcomeRow]))).toEqual([ROW]);
	});

	it.each([
		['no deflate', Buffer.from('boo')],
		['no JSON', deflateRawSync('boo')],
		['no list', deflateRawSync('{}')],
		['a status that is none', deflateRawSync(JSON.stringify([{ ...ROW, status: 'cancelled' }]))],
		['a negative size', deflateRawSync(JSON.stringify([{ ...ROW, bytes: -1 }]))],
	])('are refused with %s', (_, packed) => {
		expect(() => unpackRows(packed.toString('base64'))).toThrow(/outcomes/);
	});

	it('never crash whoever reads them', () => {
		fc.assert(
			fc.property(fc.json(), (json) => {
				try {
					unpackRows(deflateRawSync(json).toString('base64'));
				} catch (error) {
					expect((error as Error).name).toBe('BadMessage');
				}
			}),
		);
	});
});

describe('the record of a run', async () => {
	const seal = await Seal.derive();
	const FIXED = {
		...{ version: VERSION, name: 'r.1', shardSize: 500, coordinator: 'c', list: 'd' },
		begunMs: 1_700_000_000_000,
		seal,
	};
	const seals = new Seals(undefined);
	const record = (options: DownloadOptions) => writeRecord({ ...FIXED, options });

	/** A new option does not compile until it is added here, too. */
	const anyOption: {
		readonly [K in keyof Required<DownloadOptions>]: fc.Arbitrary<Required<DownloadOptions>[K]>;
	} = {
		ifExists: fc.constantFrom('skip', 'update', 'overwrite', 'fail'),
		retries: fc.nat(1000),
		retryMaxTimeMs: fc.nat(),
		connectTimeoutMs: fc.nat(),
		maxTimeMs: fc.nat(),
		stallTimeMs: fc.nat(),
		speedLimitBytesPerSecond: fc.nat(),
		speedTimeMs: fc.nat(),
		maxFilesizeBytes: fc.nat(),
		remoteTime: fc.boolean(),
		contentCheck: fc.boolean(),
		compressed: fc.boolean(),
		raw: fc.boolean(),
		headers: fc.dictionary(fc.stringMatching(/^x-[a-z-]+$/), fc.string(), {
			noNullPrototype: true,
		}),
		rate: fc.record(
			{ requests: fc.integer({ min: 1 }), windowMs: fc.integer({ min: 1 }) },
			{ noNullPrototype: true },
		),
		maxPerHost: fc.integer({ min: 1, max: 10_000 }),
		proxy: fc.record(
			{ httpProxy: fc.webUrl(), httpsProxy: fc.webUrl(), noProxy: fc.string() },
			{ requiredKeys: [], noNullPrototype: true },
		),
		caCertificates: fc.string(),
		clientCertificate: fc.string(),
		clientKey: fc.string(),
		resolve: fc.dictionary(fc.stringMatching(/^[a-z]+:\d+$/), fc.ipV4(), { noNullPrototype: true }),
		logins: fc.array(
			fc.record(
				{ host: fc.domain(), user: fc.string(), password: fc.string() },
				{ requiredKeys: ['user', 'password'], noNullPrototype: true },
			),
		),
		cookies: fc.array(
			fc.record(
				{
					name: fc.string(),
					value: fc.string(),
					domain: fc.domain(),
					includeSubdomains: fc.boolean(),
					path: fc.string(),
					secure: fc.boolean(),
					expiresMs: fc.nat(),
				},
				{
					requiredKeys: ['name', 'value', 'domain', 'includeSubdomains', 'path', 'secure'],
					noNullPrototype: true,
				},
			),
		),
		insecure: fc.boolean(),
		seed: fc.nat(),
		detail: fc.boolean(),
	};
	const required = Object.keys(DEFAULT_OPTIONS) as (keyof typeof anyOption)[];

	it('is the same on the other side, with every option', async () => {
		const anyOptions = fc.record(anyOption, { requiredKeys: required, noNullPrototype: true });
		await fc.assert(
			fc.asyncProperty(anyOptions, async (options) => {
				const { seal: found, ...rest } = await readRecord(record(options), seals);
				const { seal: _, ...fixed } = FIXED;
				expect(found.salt).toBe(seal.salt);
				expect(rest).toStrictEqual({ ...fixed, options, salt: seal.salt, wire: '5' });
			}),
		);
	});

	const sealed = (options: string) => ({ options: seal.seal(options, associatedDataOf('r.1')) });
	const withOption = (option: object) => sealed(JSON.stringify({ ...DEFAULT_OPTIONS, ...option }));

	it.each([
		['options that are no JSON', sealed('{')],
		['an option of another kind', withOption({ retries: '3' })],
		['another format', { wire: '1' }],
		['no slot for a host', withOption({ maxPerHost: 0 })],
		['fewer slots than none', withOption({ maxPerHost: -1 })],
		['a rate of nothing', withOption({ rate: { requests: 0, windowMs: 1000 } })],
		['a rate in no time', withOption({ rate: { requests: 1, windowMs: 0 } })],
		['more retries than can be', withOption({ retries: 1e15 })],
		['a time that no timer takes', withOption({ stallTimeMs: 1e300 })],
		['a shard size that is none', { shardSize: 'many' }],
		['a time that is none', { begunMs: '-1' }],
		['a salt that is none', { salt: 'pepper' }],
	])('is refused with %s', async (_, part) => {
		const read = readRecord({ ...record(DEFAULT_OPTIONS), ...part }, seals);
		await expect(read).rejects.toThrow(/expected|JSON/);
	});

	it('can be read with its key alone, and nowhere but in its place', async () => {
		const options = {
			...DEFAULT_OPTIONS,
			logins: [{ user: 'me', password: 'hush' }],
			headers: { authorization: 'Bearer t0ken' },
		};
		const own = await Seal.derive('open sesame, open');
		const sealed = writeRecord({ ...FIXED, seal: own, options });
		const read = async (key: string | undefined, part = {}) =>
			await readRecord({ ...sealed, ...part }, new Seals(key));

		expect(JSON.stringify(sealed)).not.toMatch(/hush|t0ken|authorization/);
		expect((await read('open sesame, open')).options).toStrictEqual(options);
		await expect(read('open sesame, shut')).rejects.toThrow(WrongKey);
		await expect(read(undefined)).rejects.toThrow(WrongKey);
		await expect(read('open sesame, open', { name: 'r.2' })).rejects.toThrow(WrongKey);
		const changed = `${sealed['options']?.slice(0, -8)}AAAAAAA=`;
		await expect(read('open sesame, open', { options: changed })).rejects.toThrow(WrongKey);
		await expect(read('open sesame, open', { options: 'boo' })).rejects.toThrow(WrongKey);
	});

	it('says which versions understand each other', () => {
		expect(isCompatible('0.1.0', '0.1.9')).toBe(true);
		expect(isCompatible('0.1.0', '0.2.0')).toBe(false);
		expect(isCompatible('1.1.0', '2.1.0')).toBe(false);
	});
});
