import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { DownloadContext } from '../../src/download/context.ts';
import { contextWith, download } from '../helpers/download.ts';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';
import { answering, GIF, type HoldServer } from '../helpers/hold-server.ts';

const get = async (
	server: HoldServer,
	folder: string,
	disposition: string | undefined,
	context: DownloadContext = contextWith(),
	id = 'x',
) => {
	const fields = disposition === undefined ? {} : { 'content-disposition': disposition };
	server.answer(`/${id}`, answering(GIF, { 'content-type': 'image/gif', ...fields }));
	return await download(
		{
			...{ id, index: 0, url: `${server.url}/${id}`, dest: join(folder, 'own.gif') },
			naming: { directory: folder, extension: '.gif' },
		},
		context,
	);
};

describe('a file that is named by its response', () => {
	it.for<[name: string | undefined, file: string]>([
		[undefined, 'own.gif'],
		['a.gif', 'a.gif'],
		['a/b/c.gif', 'c.gif'],
		['a\\\\b\\\\c.gif', 'c.gif'],
		['a/b\\\\c.gif', 'c.gif'],
		['a\\\\b/c.gif', 'c.gif'],
		['a/', 'own.gif'],
		['..', 'own.gif'],
		['..a.b.gif', '_a.b.gif'],
		['.flagdl', 'own.gif'],
	])('is, of %j, called %s', async ([name, file], { server, folder }) => {
		const outcome = await get(server, folder, name && `attachment; filename="${name}"`);

		expect(outcome).toMatchObject({ status: 'ok', dest: join(folder, file) });
		expect(await filesIn(folder)).toEqual([file]);
	});

	it('is left alone if it is there, and its connection is used again', async ({
		server,
		folder,
	}) => {
		await writeFile(join(folder, 'a.gif'), 'mine');
		await mkdir(join(folder, 'b.gif'));
		const context = contextWith({ ifExists: 'skip', retries: 0 });

		expect(await get(server, folder, 'inline; filename=a.gif', context)).toMatchObject({
			...{ status: 'skipped', dest: join(folder, 'a.gif'), bytes: 0 },
		});
		const inTheWay = await get(server, folder, 'inline; filename=b.gif', context, 'y');
		expect(inTheWay.failure?.code).toBe('EISDIR');
		const again = await get(server, folder, 'inline; filename=a.gif', context, 'z');
		expect(again.failure).toMatchObject({
			code: 'destination_taken',
			message: 'another target of this run is called a.gif',
		});
		const last = await get(server, folder, 'inline; filename=c.gif', context, 'u');
		expect(last.status).toBe('ok');

		expect(server.connections).toBe(1);
		expect(await filesIn(folder)).toEqual(['a.gif', 'c.gif']);
	});

	it('replaces what is there, if that is wanted', async ({ server, folder }) => {
		await writeFile(join(folder, 'a.gif'), 'old');
		const context = contextWith({ ifExists: 'overwrite' });

		const outcome = await get(server, folder, 'inline; filename=a.gif', context);

		expect(outcome).toMatchObject({ status: 'ok', bytes: GIF.length });
	});
});
