import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect } from 'vitest';
import type { SmokeReport, SmokeRun } from '../../src/smoke/results.ts';
import { it } from '../helpers/fixtures.ts';
import { flagdl, type Ran } from '../helpers/flagdl.ts';

const CLIENT = resolve(import.meta.dirname, '../smoke/faulty-client.mjs');

async function smoke(
	folder: string,
	client: string,
	...args: readonly string[]
): Promise<Ran & { readonly runs: readonly SmokeRun[] }> {
	return await smokeWith(folder, {}, client, ...args);
}

async function smokeWith(
	folder: string,
	env: Readonly<Record<string, string>>,
	client: string,
	...args: readonly string[]
): Promise<Ran & { readonly runs: readonly SmokeRun[] }> {
	const line = ['smoke', '--client', client, ...args, '--report', 'r.json'];
	const ran = await flagdl(line, folder, { env });
	const { runs } = JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8')) as SmokeReport;
	return { ...ran, runs };
}
const faulty = (flaw: string) => `"${process.execPath}" "${CLIENT}" ${flaw}`;
const checksOf = (runs: readonly SmokeRun[]) => [
	...new Set(runs.flatMap(({ findings }) => findings.map(({ check }) => check))),
];

describe('another client that does everything right', () => {
	// It cannot handle restarts: flagdl's own test covers those of `world`.
	it('passes every scenario: the plan is not that of flagdl alone', async ({ folder }) => {
		const names = ['clean', 'flaky', 'hostile', 'liar'];
		const scenarios = names.flatMap((name) => ['--scenario', name]);
		const { code, runs } = await smoke(folder, faulty(''), ...scenarios);

		expect(runs.flatMap(({ findings }) => findings)).toEqual([]);
		expect(runs.length).toBe(4);
		expect(code).toBe(0);
	});
});

describe('a client broken on purpose is caught, and for what is broken', () => {
	it.for([
		['no-retry-after-truncation', 'flaky', ['missed', 'exit_code'], 'short'],
		['non-atomic-write', 'hostile', ['partial'], 'pause'],
		['ignores-retry-after', 'flaky', ['retry_after'], 'polite-503'],
		['accepts-html', 'flaky', ['wrong'], 'portal'],
		['retries-404', 'hostile', ['requests'], 'gone'],
		['drops-one', 'flaky', ['exit_code', 'missed'], ''],
	] as const)('%s', async ([flaw, scenario, checks, rule], { folder }) => {
		const { code, runs } = await smoke(folder, faulty(flaw), '--scenario', scenario);

		expect(code).toBe(3);
		const found = checksOf(runs);
		expect(found).toContain(checks[0]);
		expect(found.filter((check) => !checks.some((expected) => expected === check))).toEqual([]);
		const rules = runs.flatMap(({ findings }) =>
			findings.flatMap((finding) => finding.rules ?? []),
		);
		if (rule !== '' && rule !== 'pause') {
			expect(rules).toContain(rule);
		}
	});
});

describe('a client that is none', () => {
	it('is not there: exit code 4, and it is tried once', async ({ folder }) => {
		const line = `echo tried >> '${join(folder, 'tries')}'; no-such-client {urls}`;

		const { code, stderr } = await flagdl(['smoke', '--client', line], folder);

		expect(stderr).toContain('the client echo was not found (exit code 127)');
		expect(stderr).toContain('no-such-client');
		expect(readFileSync(join(folder, 'tries'), 'utf8')).toBe('tried\n');
		expect(code).toBe(4);
	});

	it.for([['echo last words; kill -SEGV $$', 'was killed by SIGSEGV', 'last words']] as const)(
		'%s is a failure of that client, with its last output',
		async ([client, message, output], { folder }) => {
			const { code, stdout, runs } = await smoke(folder, client, '--scenario', 'clean');

			expect(runs[0]?.findings[0]).toMatchObject({ check: 'client', message });
			expect(runs[0]?.lastOutput).toContain(output);
			expect(stdout).toContain(output);
			expect(code).toBe(3);
		},
	);

	it('never ends: it is ended with all its processes', async ({ folder }) => {
		const client = 'echo waiting; sleep 4711 & sleep 4711';

		const { code, runs } = await smoke(
			folder,
			client,
			'--scenario',
			'clean',
			'--client-timeout',
			'1s',
		);

		expect(runs[0]?.findings[0]).toMatchObject({
			check: 'client',
			message: 'did not end within 1 s, and was ended',
		});
		expect(runs[0]?.lastOutput).toBe('waiting');
		expect(execFileSync('ps', ['-eo', 'stat,args']).toString()).not.toMatch(/^[^Z].*sleep 4711/m);
		expect(code).toBe(3);
	});

	it.for([
		['a pipe', 'mkfifo br.gif'],
		['a link to an endless device', 'ln -s /dev/zero br.gif'],
		['a file that does not fit into memory', 'truncate -s 100G br.gif'],
		['a link to nothing', 'ln -s nothing br.gif'],
	] as const)('saves %s: it is wrong, and is not read', async ([, client], { folder }) => {
		const { code, runs } = await smoke(folder, client, '--scenario', 'clean', 'br');

		expect(code).toBe(3);
		expect(runs.flatMap(({ findings }) => findings.map(({ message }) => message))).toContainEqual(
			expect.stringContaining('saved what is no readable file of at most 1 GiB'),
		);
	});

	it('leaves links to folders, which are not followed', async ({ folder }) => {
		const { code, runs } = await smoke(
			folder,
			'ln -s . loop; ln -s / all',
			'--scenario',
			'clean',
			'br',
		);

		expect(code).toBe(3);
		const targets = runs.flatMap(({ findings }) => findings.map(({ target }) => target));
		expect(targets.filter((target) => /[/]/.test(target ?? ''))).toEqual([]);
	});

	it('leaves a process and its connection: both are found', async ({ folder }) => {
		const script = `const { spawn } = require('node:child_process');
const holder = "require('node:net').connect(new URL(process.env.FLAGDL_BASE_URL).port, '127.0.0.1'); setInterval(() => {}, 1e6)";
spawn(process.execPath, ['-e', holder], { stdio: 'ignore' }).unref();
setTimeout(() => {}, 500);`;
		const client = `"${process.execPath}" -e '${script.replaceAll("'", `'"'"'`)}'`;

		const { runs } = await smoke(folder, client, '--scenario', 'clean');

		expect(checksOf(runs)).toContain('process');
	});
});

describe('a final name before the file is whole', () => {
	const writes = (how: string) =>
		`"${process.execPath}" -e '
const { readFileSync, writeFileSync, createWriteStream, renameSync } = require("node:fs");
const { pipeline } = require("node:stream/promises");
const { Readable } = require("node:stream");
(async () => {
	for (const url of readFileSync(process.env.FLAGDL_LIST, "utf8").trim().split("\\n")) {
		const name = url.split("/").at(-1);
		const { body } = await fetch(url);
		${how}
	}
})();'`;

	it.for([
		[
			'is created with the first byte',
			'await pipeline(Readable.fromWeb(body), createWriteStream(name));',
			3,
		],
		[
			'comes by a rename',
			'await pipeline(Readable.fromWeb(body), createWriteStream(name + ".part")); renameSync(name + ".part", name);',
			0,
		],
		[
			'is written in one go',
			'writeFileSync(name, Buffer.from(await new Response(body).arrayBuffer()));',
			0,
		],
	] as const)('that %s', async ([, how, exitCode], { folder }) => {
		const { code, runs } = await smoke(folder, writes(how), '--scenario', 'clean', 'br', 'cn');

		expect(checksOf(runs)).toEqual(exitCode === 0 ? [] : ['partial']);
		expect(code).toBe(exitCode);
	});
});

describe('clients are told where to go', () => {
	it('by their command line', async ({ folder }) => {
		const client =
			'for url in {urls}; do echo "$url" >> seen; done; cmp seen {list} && ls -d {dir}';

		const { runs } = await smoke(folder, client, '--scenario', 'clean', 'br', 'cn');

		expect(runs[0]).toMatchObject({ exitCode: 0, labels: { scenario: 'clean', client: 'for' } });
		expect(runs[0]?.lastOutput).toMatch(/files$/);
	});

	it('by their command line, whatever the directory for temporary files is called', async ({
		folder,
	}) => {
		const TMPDIR = join(folder, '$(touch pwned) "`touch pwned`\' ; touch pwned #');
		mkdirSync(TMPDIR);
		const sure = `${faulty('')} && cmp {list} "$FLAGDL_LIST"`;
		const quoted = `test "{dir}" = "$PWD" && cd '{dir}' && test "$(cat {list})" = {urls}`;

		const { code, runs } = await smokeWith(
			folder,
			{ TMPDIR },
			`${sure} && ${quoted}`,
			...['--scenario', 'clean', 'br'],
		);

		expect(runs[0]).toMatchObject({ exitCode: 0, findings: [] });
		expect(code).toBe(0);
	});

	it('by their environment', async ({ folder }) => {
		const client =
			'test -s "$FLAGDL_LIST" && test "$PWD" = "$FLAGDL_OUTPUT_DIR" && echo "$FLAGDL_BASE_URL"';

		const { runs } = await smoke(folder, client, '--scenario', 'clean', 'br');

		expect(runs[0]?.lastOutput).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/flags$/);
	});

	it('two of one name are told apart', async ({ folder }) => {
		const args = ['--client', 'sh -c "exit 5"', '--scenario', 'clean', 'br'];

		const { runs } = await smoke(folder, 'true', '--client', 'true 2', ...args);

		expect(runs.map(({ labels }) => labels['client'])).toEqual(['true', 'true-2', 'sh']);
	});
});
