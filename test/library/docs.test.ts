import { readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { startProcess } from '../helpers/flagdl.ts';
import { answering } from '../helpers/hold-server.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/library.md'), 'utf8');

interface Block {
	readonly heading: string;
	readonly extension: 'mjs' | 'cjs';
	readonly code: string;
	readonly output: string;
}

/** Each code block, with the text block of its output. */
const BLOCKS = [...PAGE.matchAll(/```(js|cjs)\n(.*?)```\n(?:\n```text\n(.*?)```)?/gs)].map(
	({ 1: kind, 2: code = '', 3: output = '', index }): Block => ({
		heading: /.*^#+ (.*?)$/ms.exec(PAGE.slice(0, index))?.[1] ?? '',
		extension: kind === 'cjs' ? 'cjs' : 'mjs',
		code,
		output,
	}),
);

describe('docs/library.md', () => {
	it('has an output to each of its blocks', () => {
		expect(BLOCKS.length).toBeGreaterThanOrEqual(8);
		expect(BLOCKS.filter(({ output }) => output === '')).toEqual([]);
	});

	it.for(BLOCKS.map((block, index) => [block.heading, index + 1, block] as const))(
		'does what it says: %s, block %i',
		async ([_heading, _number, { extension, code, output }], { server, folder }) => {
			server.answer(undefined, answering(Buffer.from('content')));
			server.answer('/gone.bin', (_request, response) => response.writeHead(404).end());
			server.hold('/never.bin');
			server.answer('/private.bin', ({ headers }, response) => {
				const isAnna = headers.authorization === `Basic ${btoa('anna:secret')}`;
				response.writeHead(isAnna ? 200 : 401).end('content');
			});
			server.answer('/kept.bin', ({ headers }, response) => {
				const isKnown = headers['if-none-match'] === '"1"';
				response.writeHead(isKnown ? 304 : 200, { etag: '"1"' }).end(isKnown ? '' : 'content');
			});
			await mkdir(join(folder, 'node_modules'));
			await symlink(ROOT, join(folder, 'node_modules/flagdl'), 'junction');
			const file = join(folder, `block.${extension}`);
			await writeFile(file, code.replaceAll('https://files.example', server.url));

			const ran = await startProcess(process.execPath, [file], folder).ended;

			expect(ran).toMatchObject({ code: 0, stderr: '', stdout: output });
		},
	);
});
