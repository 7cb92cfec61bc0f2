import { spawnSync } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readFileSync,
	rmdirSync,
	symlinkSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { FLAGDL, flagdl, startProcess } from '../helpers/flagdl.ts';
import { type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

let folder: string;

beforeEach(async () => {
	folder = await temporaryFolder();
});

/** Runs a shell command line in which `flagdl` is the command line. */
async function shell(line: string, env: Record<string, string> = {}) {
	const [node, bin] = FLAGDL;
	const script = `flagdl() { "${node}" "${bin}" "$@"; }\n${line}`;
	return await startProcess('bash', ['-c', script], folder, { env }).ended;
}

const isRoot = process.getuid?.() === 0;

describe('what the machine refuses is told in a sentence, and is no bug of flagdl', () => {
	it.each([
		['-i /dev/null', 2, '--input: found no target in /dev/null'],
		['-i /dev/stdin < /dev/null', 2, 'found no target in /dev/stdin'],
		['-i /proc/self/mem', 2, 'cannot read /proc/self/mem'],
		['br --checksums .', 2, '--checksums: found the directory .'],
		['br --cacert .', 2, '--cacert: cannot read .'],
		['br --scenario ./no/such.json', 2, 'cannot read the scenario'],
		['br -d /proc/x', 4, 'cannot write to the output directory /proc/x'],
		['br -d /dev/null', 4, 'cannot write to the output directory /dev/null'],
		['br -d /dev/null/sub', 4, 'cannot write to the output directory /dev/null/sub'],
		['br --report /proc/r.json', 4, 'cannot write the report /proc/r.json'],
		['bench br --html /dev/null/b.html', 4, 'cannot write the report /dev/null/b.html'],
		['br > /dev/full', 4, 'cannot write to standard output: no space left on device'],
		['br --json > /dev/full', 4, 'cannot write to standard output: no space left on device'],
		['br --dry-run > /dev/full', 4, 'cannot write to standard output: no space left on device'],
		['serve --port 0 > /dev/full', 4, 'cannot write to standard output: no space left on device'],
		['find island > /dev/full', 4, 'cannot write to standard output: no space left on device'],
		['--help > /dev/full', 4, 'cannot write to standard output: no space left on device'],
		['serve --log /dev/full -- true', 4, 'cannot write the log /dev/full: no space left on device'],
		['smoke --threshold-file .', 2, 'it is a directory'],
	])('flagdl %s', async (line, code, message) => {
		const ran = await shell(`flagdl ${line}`);

		expect(ran.stderr).toContain(message);
		expect(ran.stderr).not.toContain('bug in flagdl');
		expect(ran.code).toBe(code);
	});

	it.each(['echo br | flagdl -i -', 'flagdl bench br --rounds 1 --strategies async -c 1'])(
		'without a TMPDIR: %s',
		async (line) => {
			const ran = await shell(line, { TMPDIR: '/dev/null/folder' });

			expect(ran.stderr).toContain('cannot use the directory for temporary files /dev/null/folder');
			expect(ran.code).toBe(4);
		},
	);

	it('standard input that never ends', async () => {
		const ran = await shell('ulimit -f 20000; flagdl -i - < /dev/zero');

		expect(ran.stderr).toContain('--input: found a device as standard input; allowed: a file');
		expect(ran.code).toBe(2);
	});

	it.skipIf(!isRoot)('a user without a home', async () => {
		chmodSync(folder, 0o777);
		const user = 'env --unset=HOME setpriv --reuid=54321 --regid=65534 --clear-groups';
		const [node, bin] = FLAGDL;

		const ran = await shell(`${user} "${node}" "${bin}" br --netrc`);

		expect(ran.stderr).toContain('--netrc: found no home directory; allowed: HOME in the env');
		expect(ran.code).toBe(2);
	});

	it.skipIf(!isRoot)('a list that may not be read', async () => {
		await writeFile(join(folder, 'list'), 'br\n');
		chmodSync(join(folder, 'list'), 0);
		chmodSync(folder, 0o777);
		const user = 'setpriv --reuid=65534 --regid=65534 --clear-groups';
		const [node, bin] = FLAGDL;

		const ran = await shell(`${user} "${node}" "${bin}" -i list`);

		expect(ran.stderr).toContain('cannot read list: permission denied');
		expect(ran.code).toBe(2);
	});

	it('a working directory that has been removed', async () => {
		const gone = join(folder, 'gone');
		mkdirSync(gone);

		const ran = await shell(`cd gone && rmdir ../gone && flagdl br -d "${folder}/out"`);

		expect(existsSync(gone)).toBe(false);
		expect(ran.stderr).toContain('the working directory has been removed');
		expect(ran.code).toBe(4);
	});

	it.each(['async', 'threads', 'sequential'])(
		'a limit on the size of files: %s',
		async (strategy) => {
			const { code, stderr } = await shell(`ulimit -f 1; flagdl br -q --strategy ${strategy}`);

			expect(stderr).toContain('file too large (EFBIG)');
			expect(code).toBe(4);
		},
	);

	it('a full disk under standard error', async () => {
		const ran = await shell('flagdl br 2> /dev/full');

		expect(existsSync(join(folder, 'downloads/br.gif'))).toBe(true);
		expect([0, 4]).toContain(ran.code);
	});

	it('a full disk under -o - is said once', async () => {
		const ran = await shell('flagdl br -o - > /dev/full');

		expect([ran.code, ran.stderr]).toEqual([
			4,
			'flagdl: cannot write to standard output: no space left on device\n',
		]);
	});

	it('a full disk under --json does not cancel the downloads', async () => {
		await shell('flagdl br cn --json > /dev/full');

		expect(existsSync(join(folder, 'downloads/br.gif'))).toBe(true);
		expect(existsSync(join(folder, 'downloads/cn.gif'))).toBe(true);
	});
});

describe('too few file descriptors', () => {
	it.each([25, 26, 28])(
		'end a run by threads soon, with files or with an error: %i',
		async (limit) => {
			const server = await startHoldServer();
			onTestFinished(async () => await server.close());
			const urls = Array.from({ length: 40 }, (_, index) => `${server.url}/${index}.gif\n`).join(
				'',
			);
			await writeFile(join(folder, 'list'), urls);

			const line = 'flagdl -i list -d out --strategy threads -c 64 --threads 2 -q';
			const { code, stderr } = await shell(`ulimit -n ${limit}; ${line}`);

			// Without a limit, the run would last the 120 s of --retry-max-time, longer than the timeout of this test.
			expect([0, 1, 4]).toContain(code);
			expect(stderr).not.toContain('bug in flagdl');
		},
	);

	it('that no worker thread starts with are said', async () => {
		const line = 'flagdl http://127.0.0.1:9/a.gif -d out --strategy threads -q';
		// Later ones need more for their own start.
		const limit = process.versions.node.startsWith('20.') ? 20 : 23;
		const { code, stderr } = await shell(`ulimit -n ${limit}; ${line}`);

		expect(stderr).toContain('no file descriptor was free for a worker thread; raise the limit');
		expect(code).toBe(4);
	});
});

describe('few file descriptors', () => {
	it.each([
		['async', 36],
		['async', 50],
		['threads', 46],
		['threads', 64],
	])(
		'are enough for every country, with fewer requests at once: %s, %i',
		async (strategy, limit) => {
			const threads = strategy === 'threads' ? '--threads 2' : '';
			const line = `flagdl -a -d out --progress none --strategy ${strategy} ${threads}`;

			const { code, stdout, stderr } = await shell(`ulimit -n ${limit}; ${line}`);

			expect(stdout).toContain('249 flags');
			expect(stderr).toMatch(
				/^flagdl: only \d+ requests at once, not 16: raise the limit \(ulimit -n\), which is \d+\n$/,
			);
			expect(code).toBe(0);
		},
	);

	it.each([24, 26])('that the bundled server cannot do with are said: %i', async (limit) => {
		const { code, stdout, stderr } = await shell(`ulimit -n ${limit}; flagdl -a`);

		expect(stderr).toMatch(
			/^flagdl: the bundled server could not be .*too few files can be open; raise the limit \(ulimit -n\)/,
		);
		expect(stdout).toBe('');
		expect(code).toBe(4);
	});
});

describe('a report that cannot be written at the end', () => {
	it.skipIf(!isRoot).each(['async', 'threads', 'sequential'])(
		'is the exit code of the process and of run.end alike, by %s',
		async (strategy) => {
			const small = join(folder, 'small');
			mkdirSync(small);
			spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', small]);
			onTestFinished(() => {
				spawnSync('umount', [small]);
				rmdirSync(small);
			});
			const args = ['-a', '-d', 'out', '--strategy', strategy, '--json'];

			const { code, stdout } = await flagdl([...args, '--report', 'small/r.json'], folder);

			const end = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { exitCode: number };
			expect(code).toBe(4);
			expect(end.exitCode).toBe(4);
		},
	);
});

describe('a report or failed-file', () => {
	it('is written through a link, a pipe, and an open file', async () => {
		await writeFile(join(folder, 'real.json'), 'old');
		symlinkSync('real.json', join(folder, 'link.json'));
		symlinkSync('later.json', join(folder, 'dangling.json'));
		const reports = '--report link.json --report dangling.json --report pipe.xml';

		const { stdout } = await shell(
			`mkfifo pipe.xml; cat pipe.xml > piped & flagdl xx ${reports} --failed-file /dev/fd/1 -q; wait`,
		);

		expect(lstatSync(join(folder, 'link.json')).isSymbolicLink()).toBe(true);
		expect(readFileSync(join(folder, 'real.json'), 'utf8')).toMatch(/^\{"version"/);
		expect(readFileSync(join(folder, 'later.json'), 'utf8')).toMatch(/^\{"version"/);
		expect(lstatSync(join(folder, 'pipe.xml')).isFIFO()).toBe(true);
		expect(readFileSync(join(folder, 'piped'), 'utf8')).toContain('<testsuite');
		expect(stdout).toContain('# 404 Not Found\nXX\txx.gif\n');
	});

	it.skipIf(!isRoot)('is written to a device and to a mounted file, which stay', async () => {
		await writeFile(join(folder, 'host'), 'old content that is longer than what is written now');
		await writeFile(join(folder, 'mounted'), '');
		spawnSync('mknod', [join(folder, 'null'), 'c', '1', '3']);
		spawnSync('mount', ['--bind', join(folder, 'host'), join(folder, 'mounted')]);
		onTestFinished(() => {
			spawnSync('umount', [join(folder, 'mounted')]);
		});

		await flagdl(['xx', '--failed-file', 'null'], folder);
		await flagdl(['xx', '--failed-file', 'mounted'], folder);

		expect(lstatSync(join(folder, 'null')).isCharacterDevice()).toBe(true);
		expect(readFileSync(join(folder, 'host'), 'utf8')).toBe('# 404 Not Found\nXX\txx.gif\n');
	});
});

describe('under nohup', () => {
	let server: HoldServer;

	beforeEach(async () => {
		server = await startHoldServer();
		onTestFinished(async () => await server.close());
	});

	it('a hang-up is ignored', async () => {
		server.hold();
		const [node, bin] = FLAGDL;
		// Like GNU nohup on a terminal: standard input cannot be read.
		const line = `exec "${node}" "${bin}" ${server.url}/a.gif -d out 0> /dev/null`;
		const { child, ended } = startProcess('bash', ['-c', line], folder);
		await server.arrivals(1);

		child.kill('SIGHUP');
		server.release();

		expect((await ended).code).toBe(0);
	});
});
