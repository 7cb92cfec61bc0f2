import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FLAGDL } from '../../helpers/flagdl.ts';
import { suiteFolder } from '../../helpers/temporary-folder.ts';

const folder = await suiteFolder();
const [node, bin] = FLAGDL;

/** Whether a shell is installed; in CI, all of them must be. */
const installed = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;
const SHELLS = [
	{
		shell: 'bash',
		args: ['--norc', '--noprofile', '-i'],
		load: 'bind "set enable-bracketed-paste off"; source ./c.bash',
	},
	{
		shell: 'zsh',
		args: ['-f', '-i'],
		load: 'autoload -U compinit; compinit -u -D; source ./c.zsh',
	},
].filter(({ shell }) => process.env['CI'] === 'true' || installed(shell));

beforeAll(async () => {
	for (const shell of ['bash', 'zsh', 'fish']) {
		const { status, stdout } = spawnSync(node, [bin, 'completion', shell], { encoding: 'utf8' });
		expect(status).toBe(0);
		await writeFile(join(folder, `c.${shell}`), stdout);
	}
	await writeFile(join(folder, 'my-list.txt'), '');
	await mkdir(join(folder, 'my-folder'));
});

/** Types keys, TABs included, into a real shell on a terminal until it shows the wanted text. */
async function typed(
	{ shell, args, load }: (typeof SHELLS)[number],
	keys: string,
	wanted: string,
): Promise<void> {
	const env = { ...process.env, PS1: '$ ', TERM: 'dumb', HOME: folder, LANG: 'C.UTF-8' };
	const child = spawn(shell, args, { cwd: folder, env, cols: 200, rows: 40 });
	onTestFinished(() => child.kill('SIGKILL'));
	let shown = '';
	const until = async (text: string) => {
		await new Promise<void>((resolve) => {
			const look = () => {
				if (shown.includes(text)) {
					resolve();
				}
			};
			child.onData(look);
			look();
		});
	};
	child.onData((data) => {
		shown += data;
	});
	child.write(`${load}; echo lo''aded\r`);
	await until('loaded');
	shown = '';
	child.write(keys);
	await until(wanted);
}

/** A line up to the cursor, and its completion by one TAB. */
const LINES: readonly (readonly [line: string, completed: string])[] = [
	['flagdl scen', 'flagdl scenario '],
	['flagdl compl', 'flagdl completion '],
	['flagdl completion fi', 'flagdl completion fish '],
	['flagdl hel', 'flagdl help '],
	['flagdl help scen', 'flagdl help scenario '],
	['flagdl scenario pl', 'flagdl scenario plan '],
	['flagdl scenario show trunc', 'flagdl scenario show truncating '],
	['flagdl --strateg', 'flagdl --strategy'],
	['flagdl --strategy thr', 'flagdl --strategy threads '],
	['flagdl get br --strategy=seq', 'flagdl get br --strategy=sequential '],
	['flagdl --if-exists over', 'flagdl --if-exists overwrite '],
	['flagdl -s REM', 'flagdl -s REMOTE '],
	['flagdl --scenario trunc', 'flagdl --scenario truncating '],
	['flagdl -i my-l', 'flagdl -i my-list.txt '],
	['flagdl --input my-l', 'flagdl --input my-list.txt '],
	['flagdl -d my-f', 'flagdl -d my-folder/'],
	['flagdl bench --strategies thr', 'flagdl bench --strategies threads '],
];

describe.each(SHELLS)('completion in $shell', (shell) => {
	it.each(LINES)('%s', async (line, completed) => {
		await typed(shell, `${line}\t`, completed);
	});
});

describe.runIf(process.env['CI'] === 'true' || installed('fish'))('completion in fish', () => {
	it.each(LINES)('%s', (line, completed) => {
		const { stdout, stderr } = spawnSync(
			'fish',
			['--no-config', '-c', 'source c.fish; complete -C "$argv[1]"', line],
			{ cwd: folder, encoding: 'utf8', env: { ...process.env, HOME: folder } },
		);

		expect(stderr).toBe('');
		const words = stdout.split('\n').map((found) => found.split('\t')[0]);
		expect(words).toContain(completed.trimEnd().split(' ').at(-1));
	});

	it('says what an option is for', () => {
		const { stdout } = spawnSync(
			'fish',
			['--no-config', '-c', 'source c.fish; complete -C "flagdl --fail-e"'],
			{
				cwd: folder,
				encoding: 'utf8',
			},
		);
		expect(stdout).toBe('--fail-early\tstop at the first failure\n');
	});
});

it('is of no other shell', () => {
	const { status, stderr } = spawnSync(node, [bin, 'completion', 'fsih'], { encoding: 'utf8' });

	expect(status).toBe(2);
	expect(stderr).toContain('<shell>: found "fsih"; allowed: bash, zsh, fish; did you mean fish?');
});

it('is no command that help does not know of', () => {
	const { status, stderr } = spawnSync(node, [bin, 'help', 'get2'], { encoding: 'utf8' });

	expect(status).toBe(2);
	expect(stderr).toMatch(
		/^flagdl: found no command "get2"; allowed: get, find, .*; did you mean get\?\n/,
	);
});
