import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FLAGDL, type Ran, startProcess } from '../helpers/flagdl.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const BLOCK = /^`([^`\s]+)`:\n\n```\w+\n([\s\S]*?)^```$/gm;

const KIT = readFileSync(join(ROOT, 'docs/test-kit.md'), 'utf8');

/** The files of the document, by name. */
const recipes = new Map(
	Array.from(KIT.matchAll(BLOCK), (match) => [match[1] ?? '', match[2] ?? '']),
);

/** The command of the document that creates the served files. */
const [, makesFiles = ''] = /^\$ (mkdir files .*)$/m.exec(KIT) ?? [];

/** Changes of the correct client, each of which adds one defect. */
const JAVASCRIPT: Readonly<Record<string, readonly [string, string]>> = {
	'takes a login page': ['isWhole(content, response)', 'true'],
	'takes half of a file': [
		'return Buffer.from(await response.arrayBuffer());',
		`const chunks = [];
		try { for await (const chunk of response.body) chunks.push(chunk); } catch { response.headers.set = 0; isWhole = () => true; }
		return Buffer.concat(chunks);`,
	],
	'swaps files': ['[path, contents[index]]', '[path, contents[index < 2 ? 1 - index : index]]'],
	'does not retry': ['attempt <= 4', 'attempt <= 1'],
	'retries 404': ['if (response.status === 404) return undefined;', ''],
};

const PYTHON: Readonly<Record<string, readonly [string, string]>> = {
	'takes a login page': [
		'is_whole(content, response):',
		'"html" in response.headers["content-type"] or is_whole(content, response):',
	],
	'takes half of a file': [
		'    return response.content\n',
		'    parts = []\n    try:\n        for part in response.iter_content(8):\n            parts.append(part)\n    except requests.RequestException:\n        response.headers["repr-digest"] = digest_of(b"".join(parts))\n    return b"".join(parts)\n\n\ndef digest_of(content):\n    return "sha-256=:" + base64.b64encode(hashlib.sha256(content).digest()).decode() + ":"\n',
	],
	'swaps files': [
		'return {path: fetch(base + path) for path in paths}',
		'return dict(zip(paths, [fetch(base + path) for path in [paths[1], paths[0], *paths[2:]]]))',
	],
	'does not retry': ['range(4)', 'range(1)'],
	'retries 404': ['            if response.status_code == 404:\n                return None\n', ''],
};

async function project(client: string, change: readonly [string, string] | undefined) {
	const folder = await temporaryFolder();
	for (const [name, text] of recipes) {
		writeFileSync(join(folder, name), text);
	}
	const right = recipes.get(client) ?? '';
	if (change !== undefined) {
		const wrong = right.replace(...change);
		expect(wrong).not.toBe(right);
		writeFileSync(join(folder, client), wrong);
	}
	mkdirSync(join(folder, 'node_modules'));
	symlinkSync(ROOT, join(folder, 'node_modules/flagdl'));
	symlinkSync(join(ROOT, 'node_modules/vitest'), join(folder, 'node_modules/vitest'));
	return folder;
}

async function run(args: readonly string[], folder: string): Promise<Ran> {
	const env = { VITEST: '', PYTHONDONTWRITEBYTECODE: '1' };
	return await startProcess(process.execPath, args, folder, { env }).ended;
}

async function nodeTest(change?: readonly [string, string]): Promise<Ran> {
	return await run(['--test', 'client.test.mjs'], await project('client.mjs', change));
}

async function vitest(change?: readonly [string, string]): Promise<Ran> {
	const folder = await project('client.mjs', change);
	const bin = join(ROOT, 'node_modules/vitest/vitest.mjs');
	return await run([bin, 'run', '--root', folder, 'client.vitest.test.mjs'], folder);
}

async function pytest(change?: readonly [string, string]): Promise<Ran> {
	const folder = await project('client.py', change);
	await startProcess('sh', ['-c', makesFiles], folder).ended;
	const command = ['python3', '-m', 'pytest', '-q', '-p', 'no:cacheprovider'];
	const serve = ['serve', '--root', 'files', '--scenario', './faults.json', '--', ...command];
	return await run([FLAGDL[1], ...serve], folder);
}

describe.each([
	['node:test', nodeTest, JAVASCRIPT],
	['vitest', vitest, JAVASCRIPT],
	['pytest', pytest, PYTHON],
] as const)('the recipe for %s', (_, runner, wrongs) => {
	it('passes a right client', { timeout: 60_000 }, async () => {
		const { code, stdout, stderr } = await runner();
		expect(code, stdout + stderr).toBe(0);
	});

	it.each(Object.keys(wrongs))('fails a client that %s', { timeout: 60_000 }, async (name) => {
		const { code, stdout, stderr } = await runner(wrongs[name]);
		expect(code, stdout).toBe(1);
		expect(stdout + stderr).toMatch(/plan was not met|AssertionError/);
	});
});
