import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { Target } from '../../src/targets/target.ts';
import { collect } from '../helpers/collect.ts';
import { filesIn } from '../helpers/files-in.ts';
import { serve } from '../helpers/serve.ts';
import { strategies } from '../helpers/strategies.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const STRATEGIES = ['async', 'threads', 'sequential'] as const;
const SIZE = 1.5 * 1024 * 1024;
const CUT = 1.25 * 1024 * 1024;
const LAST = SIZE - 1;
const OLD = randomBytes(SIZE);
const NEW = randomBytes(SIZE);
/** Content of a client that joins the two versions. */
const MIXED = Buffer.concat([OLD.subarray(0, CUT), NEW.subarray(CUT)]);
const WEDNESDAY = 'Wed, 01 May 2024 10:00:00 GMT';
const THURSDAY = 'Thu, 02 May 2024 10:00:00 GMT';

/** `undefined`: the field is not sent. */
type Fields = Record<string, string | number | string[] | undefined>;
type Respond = (request: IncomingMessage, response: ServerResponse) => void;

function send(response: ServerResponse, status: number, fields: Fields, body?: Buffer): void {
	const sent = Object.entries(fields).filter(([, value]) => value !== undefined);
	response.sendDate = false;
	response.writeHead(status, Object.fromEntries(sent) as Record<string, string>);
	response.end(body);
}

/** A 200 that is cut off; chunked if no length is sent. */
function cutOff(response: ServerResponse, fields: Fields, body: Buffer = OLD): void {
	const all: Fields = { 'content-length': SIZE, date: THURSDAY, ...fields };
	const sent = Object.entries(all).filter(([, value]) => value !== undefined);
	response.sendDate = false;
	response.writeHead(200, Object.fromEntries(sent) as Record<string, string>);
	response.write(body.subarray(0, CUT), () => response.socket?.end());
}

/** A 206 with the rest of the new version. */
const rest =
	(fields: Fields, body = NEW.subarray(CUT)): Respond =>
	(_request, response) => {
		const range = `bytes ${CUT}-${LAST}/${SIZE}`;
		const usual = { 'content-length': body.length, 'content-range': range };
		send(response, 206, { ...usual, ...fields }, body);
	};

async function run(
	name: (typeof STRATEGIES)[number],
	targets: readonly Partial<Target>[],
	outputDir: string,
	options: Partial<DownloadOptions> = {},
) {
	return await collect(start(name, targets, outputDir, options));
}

function start(
	name: (typeof STRATEGIES)[number],
	targets: readonly Partial<Target>[],
	outputDir: string,
	options: Partial<DownloadOptions>,
	interrupted = new AbortController().signal,
): AsyncIterable<Outcome> {
	return strategies[name](
		targets.map((target, index) => ({ id: `${index}`, index, ...target }) as Target),
		{
			options: { ...DEFAULT_OPTIONS, seed: 3, detail: true, ...options },
			concurrency: 8,
			threads: 2,
			signal: interrupted,
			outputDir,
		},
	);
}

/** Cut off in the first run, resumed in the second, so that no back-off is needed. */
async function runTwice(
	name: (typeof STRATEGIES)[number],
	targets: readonly Partial<Target>[],
	folder: string,
) {
	const first = await run(name, targets, folder, { retries: 0 });
	expect(first.every(({ status }) => status === 'error')).toBe(true);
	return await run(name, targets, folder);
}

/** Files below a folder that this process has open, in all its threads. */
function openFilesIn(folder: string): string[] {
	const open: string[] = [];
	for (const file of readdirSync('/proc/self/fd')) {
		try {
			open.push(readlinkSync(`/proc/self/fd/${file}`));
		} catch {
			// The descriptor that lists them.
		}
	}
	return open.filter((path) => path.startsWith(folder));
}

const BY_ETAG = { etag: '"old"' };
const GZIP = { 'content-encoding': 'gzip' };
const BY_DATE = { 'last-modified': WEDNESDAY };
const digestOf = (content: Buffer) =>
	`sha-256=:${createHash('sha256').update(content).digest('base64')}:`;
const sha256Of = (content: Buffer) => createHash('sha256').update(content).digest('hex');

interface Resumed {
	/** Fields of the response that is cut off. */
	readonly first: Fields;
	/** Response to the range request. */
	readonly then: Respond;
	/** Code of that attempt. */
	readonly code?: string;
	readonly name?: string;
	readonly sha256?: string;
}

/** Without proof of the same version, the part is discarded and the whole file is downloaded. */
const REFUSED: Readonly<Record<string, Resumed>> = {
	'another ETag': { first: BY_ETAG, then: rest({ etag: '"new"' }) },
	'no ETag': { first: BY_ETAG, then: rest({}) },
	'a weak ETag of the same text': { first: BY_ETAG, then: rest({ etag: 'W/"old"' }) },
	'two ETags': { first: BY_ETAG, then: rest({ etag: ['"old"', '"new"'] }) },
	'the ETag, and another Last-Modified': {
		first: { ...BY_ETAG, ...BY_DATE },
		then: rest({ ...BY_ETAG, 'last-modified': THURSDAY }),
	},
	'the ETag, and another Repr-Digest': {
		first: { ...BY_ETAG, 'repr-digest': digestOf(OLD) },
		then: rest({ ...BY_ETAG, 'repr-digest': digestOf(NEW) }),
	},
	'the ETag, without the Content-Encoding, and a complete length for the first time': {
		first: { ...BY_ETAG, ...GZIP, 'content-length': undefined },
		then: rest(BY_ETAG),
		name: 'f.gz',
	},
	'the ETag, and a Content-Encoding where there was none': {
		first: BY_ETAG,
		then: rest({ ...BY_ETAG, ...GZIP }),
		name: 'f.gz',
	},
	'another complete length': {
		first: BY_ETAG,
		then: rest({ ...BY_ETAG, 'content-range': `bytes ${CUT}-${LAST}/${SIZE + 1}` }),
	},
	'a range up to another end, which is said to be the end': {
		first: BY_ETAG,
		then: rest({
			...BY_ETAG,
			'content-range': `bytes ${CUT}-${SIZE}/${SIZE + 1}`,
			'content-length': undefined,
		}),
	},
	'a range that ends early': {
		first: BY_ETAG,
		then: rest(
			{ ...BY_ETAG, 'content-range': `bytes ${CUT}-${LAST - 1}/${SIZE}` },
			NEW.subarray(CUT, LAST),
		),
	},
	'a range that ends early, in an unknown complete length': {
		first: BY_ETAG,
		then: rest(
			{ ...BY_ETAG, 'content-range': `bytes ${CUT}-${LAST - 1}/*` },
			NEW.subarray(CUT, LAST),
		),
	},
	'a complete length that neither answer tells': {
		first: { ...BY_ETAG, 'content-length': undefined },
		then: rest(
			{ ...BY_ETAG, 'content-range': `bytes ${CUT}-${LAST - 1}/*` },
			NEW.subarray(CUT, LAST),
		),
	},
	'another start': {
		first: BY_ETAG,
		then: rest({ ...BY_ETAG, 'content-range': `bytes 1-${LAST}/${SIZE}` }),
	},
	'an end before its start': {
		first: BY_ETAG,
		then: rest({ ...BY_ETAG, 'content-range': `bytes ${CUT}-${CUT - 1}/${CUT}` }),
	},
	'two Content-Range fields': {
		first: BY_ETAG,
		then: rest({
			...BY_ETAG,
			'content-range': [`bytes ${CUT}-${LAST}/${SIZE}`, `bytes 0-${CUT - 1}/${SIZE}`],
		}),
	},
	'another unit': {
		first: BY_ETAG,
		then: rest({ ...BY_ETAG, 'content-range': `lines ${CUT}-${LAST}/${SIZE}` }),
	},
	'numbers beyond all files': {
		first: BY_ETAG,
		then: rest({
			...BY_ETAG,
			'content-range': `bytes ${CUT}-${'9'.repeat(30)}/${'9'.repeat(31)}`,
			'content-length': undefined,
		}),
	},
	'a Content-Length that is not that of the range': {
		first: BY_ETAG,
		then: rest(BY_ETAG, NEW.subarray(CUT, LAST)),
	},
	'less content than its range, without a Content-Length': {
		first: BY_ETAG,
		then: rest({ ...BY_ETAG, 'content-length': undefined }, NEW.subarray(CUT, LAST)),
		code: 'length_mismatch',
	},
	'more content than its range, without a Content-Length': {
		first: BY_ETAG,
		then: rest(
			{ ...BY_ETAG, 'content-length': undefined },
			Buffer.concat([NEW.subarray(CUT), NEW.subarray(0, 9)]),
		),
		code: 'length_mismatch',
	},
	'no Content-Range': { first: BY_ETAG, then: rest({ ...BY_ETAG, 'content-range': undefined }) },
	'several ranges': {
		first: BY_ETAG,
		then: rest({ ...BY_ETAG, 'content-type': 'multipart/byteranges; boundary=x' }),
	},
	'another Last-Modified': { first: BY_DATE, then: rest({ 'last-modified': THURSDAY }) },
	'an ETag where there was none': { first: BY_DATE, then: rest({ ...BY_DATE, etag: '"new"' }) },
	'no Last-Modified, and an unknown complete length': {
		first: BY_DATE,
		then: rest({ 'content-range': `bytes ${CUT}-${LAST}/*` }),
	},
	'no Last-Modified, where the first complete length is unknown': {
		first: { ...BY_DATE, 'content-length': undefined },
		then: rest({}),
	},
	'a content type that the name excludes': {
		first: { ...BY_ETAG, 'content-type': 'application/octet-stream' },
		then: rest({ ...BY_ETAG, 'content-type': 'text/html' }),
		name: 'image.png',
		code: 'content_type',
	},
	'the ETag, but content that is not of the Repr-Digest from before': {
		first: { ...BY_ETAG, 'repr-digest': digestOf(OLD) },
		then: rest(BY_ETAG),
		code: 'digest_mismatch',
	},
	'the ETag, but content that is not of its Repr-Digest': {
		first: BY_ETAG,
		then: rest({ ...BY_ETAG, 'repr-digest': digestOf(OLD) }),
		code: 'digest_mismatch',
	},
	'the ETag, but content that is not of the SHA-256': {
		first: BY_ETAG,
		then: rest(BY_ETAG),
		sha256: sha256Of(NEW),
		code: 'checksum_mismatch',
	},
	'416 instead': {
		first: BY_ETAG,
		then: (_request, response) => send(response, 416, { 'content-range': 'bytes */5' }),
	},
	'304 instead': {
		first: BY_ETAG,
		then: (_request, response) => send(response, 304, BY_ETAG),
	},
	'200 with a Content-Range and a slice instead': {
		first: BY_ETAG,
		then: (_request, response) => {
			const range = `bytes ${CUT}-${LAST}/${SIZE}`;
			const length = SIZE - CUT;
			const fields = { etag: '"new"', 'content-length': length, 'content-range': range };
			send(response, 200, fields, NEW.subarray(CUT));
		},
	},
	'200 as long as the rest, without a Content-Range': {
		first: BY_ETAG,
		then: (_request, response) => {
			send(response, 200, { 'content-length': SIZE - CUT }, NEW.subarray(CUT));
		},
	},
	'200 with the same ETag and another length': {
		first: BY_ETAG,
		then: (_request, response) => {
			send(response, 200, { ...BY_ETAG, 'content-length': CUT }, NEW.subarray(0, CUT));
		},
	},
	'200 with the same Last-Modified and another length': {
		first: BY_DATE,
		then: (_request, response) => {
			send(response, 200, { ...BY_DATE, 'content-length': CUT }, NEW.subarray(0, CUT));
		},
	},
	'200 with the same ETag, shorter than the part, where the complete length is unknown': {
		first: { ...BY_ETAG, 'content-length': undefined },
		then: (_request, response) => {
			send(response, 200, { ...BY_ETAG, 'content-length': SIZE - CUT }, NEW.subarray(CUT));
		},
	},
	'200 in chunks as long as the rest': {
		first: BY_ETAG,
		then: (_request, response) => send(response, 200, {}, NEW.subarray(CUT)),
	},
	'200 in chunks with the same ETag and another length': {
		first: BY_ETAG,
		then: (_request, response) => send(response, 200, BY_ETAG, NEW.subarray(0, 9)),
	},
};

/** With proof of the same version, the part and the rest are joined. */
const JOINED: Readonly<Record<string, Resumed>> = {
	'the same ETag': { first: BY_ETAG, then: rest(BY_ETAG) },
	'the same ETag and Last-Modified': {
		first: { ...BY_ETAG, ...BY_DATE },
		then: rest({ ...BY_ETAG, ...BY_DATE }),
	},
	'the same ETag, and an unknown complete length': {
		first: BY_ETAG,
		then: rest({ ...BY_ETAG, 'content-range': `bytes ${CUT}-${LAST}/*` }),
	},
	'the same ETag, and the complete length for the first time': {
		first: { ...BY_ETAG, 'content-length': undefined },
		then: rest({ ...BY_ETAG, 'content-length': undefined }),
	},
	'the same ETag and Content-Encoding': {
		first: { ...BY_ETAG, ...GZIP, 'content-length': undefined },
		then: rest({ ...BY_ETAG, ...GZIP }),
		name: 'f.gz',
	},
	'the same ETag and complete length, and a Content-Encoding that is not repeated': {
		first: { ...BY_ETAG, ...GZIP },
		then: rest(BY_ETAG),
		name: 'f.gz',
	},
	'the same Last-Modified': { first: BY_DATE, then: rest(BY_DATE) },
	'no Last-Modified, and the same complete length': { first: BY_DATE, then: rest({}) },
	'the unit in capitals': {
		first: BY_ETAG,
		then: rest({ ...BY_ETAG, 'content-range': `BYTES ${CUT}-${LAST}/${SIZE}` }),
	},
};

/** Without a strong validator, no part is kept and no range requested. */
const NOT_KEPT: Readonly<Record<string, Fields>> = {
	'a weak ETag': { etag: 'W/"old"' },
	'a weak ETag, and an old Last-Modified': { etag: 'W/"old"', ...BY_DATE },
	'an ETag without quotes': { etag: 'old', ...BY_DATE },
	'an empty ETag': { etag: '""', ...BY_DATE },
	'two ETags': { etag: ['"old"', '"older"'] },
	'a Last-Modified as young as Date': { 'last-modified': THURSDAY },
	'a Last-Modified without Date': { ...BY_DATE, date: undefined },
	'a Last-Modified that is no date': { 'last-modified': '0' },
	'a Date that is no date': { ...BY_DATE, date: '2024-05-02' },
	'no validator': {},
};

/** Serves each case under its own path; the first response is cut off. */
async function serveCases(
	cases: readonly Resumed[],
	held: Buffer,
): Promise<{ url: string; ranges: string[] }> {
	const isCut = cases.map(() => false);
	const ranges: string[] = [];
	const url = await serve(held, (request, response) => {
		const index = Number(/\d+/.exec(request.url ?? '')?.[0]);
		const { first, then } = cases[index] as Resumed;
		if (!isCut[index]) {
			isCut[index] = true;
			cutOff(response, first);
		} else if (request.headers.range !== undefined) {
			ranges.push(`${index} ${request.headers.range} ${String(request.headers['if-range'])}`);
			then(request, response);
		} else {
			send(response, 200, { 'content-length': SIZE, etag: '"new"' }, NEW);
		}
	});
	return { url, ranges };
}

const targetsOf = (url: string, folder: string, cases: readonly Resumed[]) =>
	cases.map(({ name = 'f', sha256 }, index) => ({
		url: `${url}/${index}`,
		dest: join(folder, `${index}-${name}`),
		...(sha256 !== undefined && { sha256 }),
	}));

function contentOf(path: string): string {
	const content = readFileSync(path);
	const known = { old: OLD, new: NEW, mixed: MIXED };
	const name = Object.entries(known).find(([, one]) => one.equals(content))?.[0];
	return name ?? `${content.length} other bytes`;
}

describe.concurrent.each(STRATEGIES)('a part, by %s', (name) => {
	it('is not joined to what does not prove to be of the same version', async () => {
		const folder = await temporaryFolder();
		const cases = Object.values(REFUSED);
		const { url } = await serveCases(cases, NEW);

		const outcomes = await runTwice(name, targetsOf(url, folder, cases), folder);

		const found = Object.keys(REFUSED).map((what, index) => {
			const outcome = outcomes.find(({ target }) => target.index === index);
			const content = outcome?.status === 'ok' ? contentOf(outcome.dest) : outcome?.failure?.code;
			return [what, content, outcome?.attempts?.map(({ code }) => code)];
		});
		expect(found).toEqual(
			Object.entries(REFUSED).map(([what, { code = 'bad_range', name: file }]) => [
				what,
				// The new version is not an image.
				file === 'image.png' ? 'bad_image' : 'new',
				file === 'image.png' ? [code, ...Array<string>(3).fill('bad_image')] : [code, undefined],
			]),
		);
		expect(openFilesIn(folder)).toEqual([]);
		expect(readdirSync(folder)).not.toContain('.flagdl');
	});

	it('is joined to what does', async () => {
		const folder = await temporaryFolder();
		const cases = Object.values(JOINED);
		const { url, ranges } = await serveCases(cases, MIXED);

		const outcomes = await runTwice(name, targetsOf(url, folder, cases), folder);

		expect(outcomes.map(({ status, requests }) => [status, requests])).toEqual(
			cases.map(() => ['ok', 1]),
		);
		expect(
			cases.map(({ name: file = 'f' }, index) => contentOf(join(folder, `${index}-${file}`))),
		).toEqual(cases.map(() => 'mixed'));
		expect(ranges.sort()).toEqual(
			cases.map(
				({ first: { etag, 'last-modified': date } }, index) =>
					`${index} bytes=${CUT}- ${String(etag ?? date)}`,
			),
		);
		expect(openFilesIn(folder)).toEqual([]);
		expect(readdirSync(folder)).not.toContain('.flagdl');
	});

	it('is kept only with a strong validator', async () => {
		const folder = await temporaryFolder();
		const cases = Object.values(NOT_KEPT).map((first) => ({ first, then: rest({}) }));
		const { url, ranges } = await serveCases(cases, NEW);

		const outcomes = await runTwice(name, targetsOf(url, folder, cases), folder);

		expect(ranges).toEqual([]);
		expect(outcomes.map(({ status, dest }) => status === 'ok' && contentOf(dest))).toEqual(
			cases.map(() => 'new'),
		);
	});

	it('of a redirect is resumed from where the redirect led, and from nowhere else', async () => {
		const folder = await temporaryFolder();
		const asked: string[] = [];
		let cut = 0;
		const held = (path: string) => (path === '/same' ? MIXED : NEW);
		const url = await serve(held, (request, response) => {
			const path = request.url ?? '';
			asked.push(`${path} ${request.headers.range ?? 'whole'}`);
			if (path === '/same') {
				send(response, 302, { location: '/mirror-1' });
			} else if (path === '/other') {
				send(response, 302, { location: cut > 1 ? '/mirror-2' : '/mirror-3' });
			} else if (path === '/stays') {
				if (cut > 2) {
					send(response, 200, { 'content-length': SIZE, ...BY_ETAG }, NEW);
				} else {
					send(response, 302, { location: '/mirror-4' });
				}
			} else if (path !== '/mirror-2' && !asked.includes(`${path} cut`)) {
				asked.push(`${path} cut`);
				cut += 1;
				cutOff(response, BY_ETAG);
			} else if (request.headers.range !== undefined) {
				rest(BY_ETAG)(request, response);
			} else {
				send(response, 200, { 'content-length': SIZE, ...BY_ETAG }, NEW);
			}
		});

		const of = (path: string) => [{ url: `${url}${path}`, dest: join(folder, path) }];
		await run(name, of('/same'), folder);
		await run(name, of('/other'), folder);
		await run(name, of('/stays'), folder);

		expect(['same', 'other', 'stays'].map((file) => contentOf(join(folder, file)))).toEqual([
			'mixed',
			'new',
			'new',
		]);
		expect(asked.filter((line) => !line.endsWith('cut'))).toEqual([
			...['/same whole', '/mirror-1 whole', '/same whole', `/mirror-1 bytes=${CUT}-`],
			...['/other whole', '/mirror-3 whole', '/other whole', '/mirror-2 whole'],
			...['/stays whole', '/mirror-4 whole', '/stays whole'],
		]);
	});

	it('of one mirror is not resumed from another', async () => {
		const folder = await temporaryFolder();
		const ranges: string[] = [];
		const mirror = (content: Buffer, isCut: boolean) => async () =>
			await serve(content, (request, response) => {
				if (!isCut && request.headers.range !== undefined) {
					ranges.push(request.headers.range);
				}
				if (isCut) {
					cutOff(response, BY_ETAG, content);
				} else {
					send(response, 200, { 'content-length': SIZE, ...BY_ETAG }, content);
				}
			});
		const [url, other] = [await mirror(OLD, true)(), await mirror(NEW, false)()];
		const target = { url: `${url}/f`, mirrors: [`${other}/f`], dest: join(folder, 'f') };

		const [outcome] = await run(name, [target], folder);

		expect(outcome?.status).toBe('ok');
		expect(contentOf(target.dest)).toBe('new');
		expect(ranges).toEqual([]);
		expect(await readdir(folder)).toEqual(['f']);
	});

	it('is resumed in the next run, from the same URL only, also of a file that is to be replaced', async () => {
		const folder = await temporaryFolder();
		const asked: string[] = [];
		let isCut = true;
		const held = (path: string) => (path === '/a' ? MIXED : NEW);
		const url = await serve(held, (request, response) => {
			asked.push(`${request.url} ${request.headers.range ?? 'whole'}`);
			if (isCut) {
				cutOff(response, BY_ETAG);
			} else if (request.headers.range === undefined) {
				send(response, 200, { 'content-length': SIZE, ...BY_ETAG }, NEW);
			} else {
				rest(BY_ETAG)(request, response);
			}
		});
		const dest = join(folder, 'f.bin');
		const options = { retries: 0, ifExists: 'overwrite' as const };
		const statusOf = async (path: string) =>
			(await run(name, [{ url: `${url}${path}`, dest }], folder, options))[0]?.status;

		expect(await statusOf('/a')).toBe('error');
		expect(await filesIn(folder)).toEqual(['.flagdl/*.part']);
		isCut = false;
		expect(await statusOf('/a')).toBe('ok');
		expect(contentOf(dest)).toBe('mixed');
		isCut = true;
		expect(await statusOf('/a')).toBe('error');
		expect(await filesIn(folder)).toEqual(['.flagdl/*.part', 'f.bin']);
		isCut = false;
		expect(await statusOf('/b')).toBe('ok');
		expect(contentOf(dest)).toBe('new');
		expect(await readdir(folder)).toEqual(['f.bin']);
		expect(asked).toEqual([...['/a whole', `/a bytes=${CUT}-`], ...['/a whole', '/b whole']]);
	});

	it('of a file that is there by other means goes when the file is skipped', async () => {
		const folder = await temporaryFolder();
		const url = await serve(OLD, (_request, response) => cutOff(response, BY_ETAG));
		const target = { url: `${url}/f`, dest: join(folder, 'f') };
		await run(name, [target], folder, { retries: 0 });
		expect(await filesIn(folder)).toEqual(['.flagdl/*.part']);
		const { writeFile, utimes } = await import('node:fs/promises');
		await writeFile(target.dest, 'from elsewhere');
		await utimes(target.dest, 0, 0);

		const [outcome] = await run(name, [target], folder, { ifExists: 'skip' });

		expect(outcome?.status).toBe('skipped');
		expect(await readdir(folder)).toEqual(['f']);
	});

	const PATIENCE_MS = 700;
	/** Cuts the response off when `--retry-max-time` has passed. */
	const cutOffLate = (response: ServerResponse) =>
		setTimeout(() => response.socket?.destroy(), PATIENCE_MS + 100);

	it('that grows lets the time for retries begin anew', async () => {
		const folder = await temporaryFolder();
		const url = await serve(OLD, (request, response) => {
			if (request.headers.range === undefined) {
				response.writeHead(200, { 'content-length': SIZE, ...BY_ETAG });
				response.write(OLD.subarray(0, CUT), () => cutOffLate(response));
			} else {
				rest(BY_ETAG, OLD.subarray(CUT))(request, response);
			}
		});
		const target = { url: `${url}/f`, dest: join(folder, 'f') };

		const [outcome] = await run(name, [target], folder, { retryMaxTimeMs: PATIENCE_MS });

		expect(outcome).toMatchObject({ status: 'ok', bytes: SIZE, requests: 2 });
	});

	it('that does not grow lets it run on', async () => {
		const folder = await temporaryFolder();
		const url = await serve(OLD, (request, response) => {
			if (request.headers.range === undefined) {
				cutOff(response, BY_ETAG);
			} else {
				response.writeHead(206, { 'content-range': `bytes ${CUT}-${LAST}/${SIZE}`, ...BY_ETAG });
				response.flushHeaders();
				cutOffLate(response);
			}
		});
		const target = { url: `${url}/f`, dest: join(folder, 'f') };

		const [outcome] = await run(name, [target], folder, { retryMaxTimeMs: PATIENCE_MS });

		expect(outcome).toMatchObject({ status: 'error', requests: 2 });
	});

	it('is not kept by a run that is interrupted', async () => {
		const folder = await temporaryFolder();
		const interrupt = new AbortController();
		const url = await serve(OLD, (request, response) => {
			if (request.url === '/failed') {
				cutOff(response, BY_ETAG);
				return;
			}
			response.writeHead(200, { 'content-length': SIZE, ...BY_ETAG });
			response.write(OLD.subarray(0, CUT));
		});
		const targets = ['failed', 'in-flight'].map((file) => ({
			url: `${url}/${file}`,
			dest: join(folder, file),
		}));

		const statuses: string[] = [];
		for await (const { status } of start(name, targets, folder, { retries: 0 }, interrupt.signal)) {
			statuses.push(status);
			if (statuses.length === 1) {
				void vi
					.waitUntil(() => openFilesIn(folder).length > 0, { timeout: 20_000 })
					.finally(() => interrupt.abort());
			}
		}

		expect(statuses).toEqual(['error', 'cancelled']);
		expect(await readdir(folder)).toEqual([]);
	});
});

describe.concurrent.each(STRATEGIES)('an answer with a range, by %s', (name) => {
	it.each([
		['206, though none was asked for', 206, `bytes 0-${CUT - 1}/${SIZE}`],
		['200', 200, `bytes 0-${CUT - 1}/${SIZE}`],
	])('is never saved: %s', async (_what, status, range) => {
		const folder = await temporaryFolder();
		const url = await serve(OLD, (_request, response) => {
			const fields = { 'content-length': CUT, 'content-range': range, ...BY_ETAG };
			send(response, status, fields, OLD.subarray(0, CUT));
		});

		const [outcome] = await run(name, [{ url, dest: join(folder, 'f') }], folder, { retries: 1 });

		expect(outcome).toMatchObject({ status: 'error', requests: 2, failure: { code: 'bad_range' } });
		expect(await readdir(folder)).toEqual([]);
	});
});
