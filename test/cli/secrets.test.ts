import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command, Option } from 'commander';
import { beforeEach, describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { ioOf, writtenBy as writtenByIn } from '../helpers/command-line.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

let folder: string;

beforeEach(async () => {
	folder = await temporaryFolder();
});

/** URLs with a password, well-formed and malformed. */
const TEXTS = [
	'http://me:S3CRET@127.0.0.1:1/a.gif',
	'http://S3CRET@127.0.0.1:1/a.gif',
	'http://me:#S3CRET@127.0.0.1:1/a.gif',
	'http://me#S3CRET@127.0.0.1:1/a.gif',
	'http://me:1?S3CRET@127.0.0.1:1/a.gif',
	'http://me:/S3CRET@127.0.0.1:1/a.gif',
	'http://me:x/S3CRET@127.0.0.1:1/a.gif',
	'http://me:x@S3CRET@127.0.0.1:1/a.gif',
	'http://me:S3CRET x@127.0.0.1:1/a.gif',
	'http://me:S3CRET',
	'http:/me:S3CRET@127.0.0.1:1/a.gif',
	'http//me:S3CRET@127.0.0.1:1/a.gif',
	'http:me:S3CRET@127.0.0.1:1/a.gif',
	'me:S3CRET@127.0.0.1:1/a.gif',
	'S3CRET@127.0.0.1:1/a.gif',
	'me:S3CRET',
	'ftp://me:S3CRET@127.0.0.1:1/a.gif',
	'Authorization: Bearer S3CRET',
];

const writtenBy = async (argv: readonly string[], env?: Readonly<Record<string, string>>) =>
	await writtenByIn(argv, folder, env);

/** Arguments after the tested option that make each command short. */
const REST: Readonly<Record<string, readonly string[]>> = {
	get: ['br', '--dry-run'],
	find: ['x'],
	serve: ['--port', '0', '--', 'true'],
	plan: ['clean', 'br'],
	bench: ['br', '--rounds', '1', '-c', '1', '--strategies', 'async', '--scenario', 'local'],
	smoke: ['br', '--scenario', 'clean', '--strategies', 'async'],
	worker: ['--redis', 'http://h'],
};

function restWithout(command: Command, { long }: Option): readonly string[] {
	const rest = REST[command.name()] ?? [];
	const at = rest.indexOf(long ?? '');
	return at === -1 ? rest : rest.toSpliced(at, 2);
}

function optionsWithValues(): { command: Command; path: string[]; option: Option }[] {
	const program = createProgram(ioOf(['help'], '.').io, () => {});
	const walk = (command: Command, path: string[]): { command: Command; path: string[] }[] => [
		{ command, path },
		...command.commands.flatMap((child) => walk(child, [...path, child.name()])),
	];
	return program.commands
		.flatMap((command) => walk(command, [command.name()]))
		.flatMap(({ command, path }) =>
			command.options
				// A directory of this name is created, and printed.
				.filter(({ required, long }) => required && long !== '--output-dir')
				.map((option) => ({ command, path, option })),
		);
}

/** Also for options that take no URL, where one may be given by mistake. */
const URLS = TEXTS.filter((text) => /^http:.*@/.test(text)).slice(0, 4);

it.each([
	['http_proxy', ['http://127.0.0.1:1/a.gif', '--retry', '0']],
	['HTTPS_PROXY', ['https://127.0.0.1:1/a.gif', '--retry', '0']],
	['all_proxy', ['http://127.0.0.1:1/a.gif', '--retry', '0']],
	['no_proxy', ['http://127.0.0.1:1/a.gif', '--retry', '0', '--proxy', 'http://127.0.0.1:1']],
	['FLAGDL_REDIS_URL', ['worker', '-d', '/dev/null']],
])(
	'what may be a URL with a password is in no message about the variable %s',
	async (name, argv) => {
		for (const text of TEXTS) {
			const value = name.includes('REDIS') ? text.replace(/^http(?=:)/, 'redis') : text;
			expect(await writtenBy(argv, { [name]: value }), text).not.toContain('S3CRET');
		}
	},
);

it.each(['-H=@secrets.txt', '-H@secrets.txt', '--cacert=secrets.txt'])(
	'a file of secrets is not quoted: %s',
	async (option) => {
		const lines = ['Authorization: S3CRET', 'Authorization S3CRET', '-----BEGIN PRIVATE KEY-----'];
		await writeFile(join(folder, 'secrets.txt'), `${lines.join('\n')}\nS3CRET\n`);

		const text = await writtenBy(['br', '--retry', '0', option]);

		expect(text).toContain('flagdl: --');
		expect(text).not.toContain('S3CRET');
	},
);

describe('a URL with a password is in no message about', () => {
	it.each(
		optionsWithValues().map(({ command, path, option }) => ({
			what: `${path.join(' ')} ${option.long}`,
			line: (text: string) => [...path, `${option.long}=${text}`, ...restWithout(command, option)],
		})),
	)('$what', async ({ line }) => {
		for (const text of URLS) {
			expect(await writtenBy(line(text)), text).not.toContain('S3CRET');
		}
	});
});

describe('what may be a URL with a password is in no message about', () => {
	it.each([
		['an argument', (text: string) => ['get', text, '--dry-run']],
		['an argument beside --all', (text: string) => ['get', text, '--all', '--dry-run']],
		['--server', (text: string) => ['get', 'br', '-s', text, '--dry-run']],
		['--server, attached', (text: string) => ['get', 'br', `-s${text}`, '--dry-run']],
		['--server beside --scenario', (text: string) => ['get', '-s', text, '--scenario', 'clean']],
		['--template', (text: string) => ['get', 'br', '--template', `${text}{cc}`, '--dry-run']],
		['--template without {cc}', (text: string) => ['get', 'br', '--template', text]],
		['--template of {x}', (text: string) => ['get', 'br', '--template', `${text}{x}`]],
		[
			'--template beside --scenario',
			(text: string) => ['get', '--template', text, '--scenario', 'clean'],
		],
		['--mirror', (text: string) => ['get', 'br', '--mirror', text, '--dry-run']],
		['--proxy', (text: string) => ['get', 'br', '-s', 'http://h', '--proxy', text, '--dry-run']],
		[
			'--redis',
			(text: string) => [
				'worker',
				'--redis',
				text.replace(/^http(?=:)/, 'redis'),
				'-d',
				'/dev/null',
			],
		],
		['a header field', (text: string) => ['get', 'br', '--dry-run', '-H', text]],
		['a header file', (text: string) => ['get', 'br', '-H', `@${text}`]],
		['a misspelt option', (text: string) => ['get', `--heder=${text}`]],
		['a short option that there is not', (text: string) => ['get', `-Z${text}`]],
		['a command', (text: string) => [text, '--dry-run']],
		['find --server', (text: string) => ['find', 'a', '--server', text]],
		['find --tcp', (text: string) => ['find', 'a', '--tcp', '--server', text]],
		['a code to smoke', (text: string) => ['smoke', text]],
		['a code to bench', (text: string) => ['bench', text, '--all', '--scenario', 'no-such']],
	])('%s', async (_what, line) => {
		for (const text of TEXTS) {
			expect(await writtenBy(line(text)), text).not.toContain('S3CRET');
		}
	});

	it.each([
		['a scenario to show', (text: string) => ['scenario', 'show', text]],
		['a scenario to check', (text: string) => ['scenario', 'check', text]],
		['a scenario to plan', (text: string) => ['scenario', 'plan', text]],
		['one argument too many', (text: string) => ['scenario', 'show', 'clean', text]],
		['a subcommand', (text: string) => ['scenario', text]],
		['a command for help', (text: string) => ['help', text]],
		['a command to serve for', (text: string) => ['serve', '--port', '0', '--', text]],
	])('%s', async (_what, line) => {
		for (const text of URLS) {
			expect(await writtenBy(line(text)), text).not.toContain('S3CRET');
		}
	});
});
