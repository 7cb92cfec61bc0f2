import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Target } from '../../src/targets/target.ts';
import { contextWith, download } from '../helpers/download.ts';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';
import { answering, GIF, type HoldServer } from '../helpers/hold-server.ts';

const KIB = 1024;

const get = async (
	server: HoldServer,
	folder: string,
	rest: Partial<Target> = {},
	options: Partial<DownloadOptions> = {},
) => {
	const naming = { metadataUrl: `${server.url}/m.json`, directory: folder, extension: '.gif' };
	const target = { id: 'x', index: 0, url: `${server.url}/x.gif`, dest: join(folder, 'x.gif') };
	return await download({ ...target, naming, ...rest }, contextWith(options));
};

describe('a file that is named by its metadata', () => {
	it.for<[name: string, metadata: string, file: string]>([
		['a country', '{"country":"Brazil"}', 'Brazil.gif'],
		['more than that', '{"x":[1],"country":"Côte d’Ivoire"}', 'Côte d’Ivoire.gif'],
		['a path', '{"country":"../a/b"}', '.._a_b.gif'],
	])('has the name that they give: %s', async ([_name, metadata, file], { server, folder }) => {
		server.answer('/m.json', answering(Buffer.from(metadata)));

		const outcome = await get(server, folder);

		expect(outcome).toMatchObject({ status: 'ok', requests: 2, bytes: GIF.length });
		expect(await filesIn(folder)).toEqual([file]);
		expect(outcome.dest).toBe(join(folder, file));
		expect(outcome.attempts?.map(({ url, writtenMs }) => [url, typeof writtenMs])).toEqual([
			[`${server.url}/m.json`, 'number'],
			[`${server.url}/x.gif`, 'number'],
		]);
	});

	it('may have metadata in a coding, and a digest that is not theirs', async ({
		server,
		folder,
	}) => {
		const sha256 = createHash('sha256').update(GIF).digest('hex');
		server.answer(
			'/m.json',
			answering(gzipSync('{"country":"Peru"}'), { 'content-encoding': 'gzip' }),
		);

		expect(await get(server, folder, { sha256 })).toMatchObject({ status: 'ok', sha256 });
		expect(await filesIn(folder)).toEqual(['Peru.gif']);
	});

	it.for<[name: string, metadata: string | Buffer, code: string, message: string]>([
		['nothing', '', 'empty_body', 'the metadata are empty'],
		['no JSON', '<html>', 'bad_metadata', 'the metadata are not JSON: "<html>"'],
		[
			'a long text',
			'x'.repeat(99),
			'bad_metadata',
			`the metadata are not JSON: "${'x'.repeat(40)}"`,
		],
		['null', 'null', 'bad_metadata', 'the metadata have no "country"'],
		['a list', '[]', 'bad_metadata', 'the metadata have no "country"'],
		['a number', '{"country":1}', 'bad_metadata', 'the metadata have no "country"'],
		['white space', '{"country":" "}', 'bad_metadata', 'the metadata have no "country"'],
		['a name of ours', '{"country":".flagdl"}', 'bad_metadata', 'flagdl itself needs the name'],
	])('is none if they are %s', async ([_name, metadata, code, message], { server, folder }) => {
		server.answer('/m.json', answering(Buffer.from(metadata)));
		const naming = { metadataUrl: `${server.url}/m.json`, directory: folder, extension: '' };

		const { failure, requests } = await get(server, folder, { naming }, { retries: 0 });

		expect(failure?.code).toBe(code);
		expect(failure?.message).toContain(message);
		expect(requests).toBe(1);
		expect(await filesIn(folder)).toEqual([]);
	});

	it.for([
		[64 * KIB, 'ok'],
		[64 * KIB + 1, 'error'],
	] as const)('may have %i bytes of them: %s', async ([bytes, status], { server, folder }) => {
		const metadata = '{"country":"Peru"}'.padEnd(bytes, ' ');
		server.answer('/m.json', (_request, response) => {
			// Without a length, so that the excess is found while reading.
			response.writeHead(200).write(metadata.slice(0, 100));
			response.end(metadata.slice(100));
		});

		const outcome = await get(server, folder, {}, { retries: 0 });

		expect(outcome.status).toBe(status);
		expect(outcome.failure?.message).toBe(
			status === 'ok' ? undefined : 'the metadata are longer than 65536 bytes',
		);
	});

	it('is tried again as often as is allowed, and not if another has its name', async ({
		server,
		folder,
	}) => {
		let asked = 0;
		server.answer('/m.json', (_request, response) => {
			asked += 1;
			response.writeHead(asked === 1 ? 503 : 200, { 'retry-after': '0' });
			response.end('{"country":"Peru"}');
		});
		const context = contextWith({ retries: 1 });
		const naming = { metadataUrl: `${server.url}/m.json`, directory: folder, extension: '.gif' };
		const one = { id: '1', index: 0, url: `${server.url}/x.gif`, dest: 'x', naming };

		expect(await download(one, context)).toMatchObject({ status: 'ok', requests: 3, retries: 1 });
		expect(await download({ ...one, id: '2', index: 1 }, context)).toMatchObject({
			...{ status: 'error', requests: 1 },
			failure: {
				code: 'destination_taken',
				message: 'another target of this run is called Peru.gif',
			},
		});
	});
});
