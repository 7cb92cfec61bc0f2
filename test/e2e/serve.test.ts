import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { CLOSE_TIMEOUT_MS } from '../../src/server/start-flag-server.ts';
import { flagdl, type Running, startFlagdl } from '../helpers/flagdl.ts';
import { startOnTerminal } from '../helpers/pseudo-terminal.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { BR, BR_PATH, readLog } from '../server/faults/faulty-server.ts';
import { httpRequest } from '../server/http-request.ts';
import { get, rawConnect, readAll, readUntil, split } from '../server/raw-socket.ts';

interface Ready {
	readonly event: string;
	readonly url: string;
	readonly pid: number;
	readonly scenario: string;
	readonly seed: number;
	readonly finderPort?: number;
}

/** The ready line, the first one on standard output. */
async function ready({ child }: Running): Promise<Ready> {
	return await new Promise((resolve, reject) => {
		let line = '';
		child.stdout?.on('data', (chunk: string) => {
			line += chunk;
			if (line.includes('\n')) {
				resolve(JSON.parse(line) as Ready);
			}
		});
		child.once('exit', () => reject(new Error('ended before it was ready')));
	});
}

const NODE = process.execPath;

const STALL_BR = JSON.stringify({
	version: 1,
	rules: [{ id: 'silent', match: { codes: ['br'] }, then: { type: 'stall' } }],
});

describe('flagdl serve', () => {
	it('says when it is ready, serves, and ends well when asked to', async () => {
		const running = startFlagdl(['serve', '--port', '0', '--seed', '7'], await temporaryFolder());
		const line = await ready(running);

		expect(line).toEqual({
			event: 'ready',
			url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
			pid: running.child.pid,
			scenario: 'local',
			seed: 7,
		});
		const { body } = await httpRequest(line.url + BR_PATH);
		expect(body.equals(BR)).toBe(true);

		running.child.kill('SIGTERM');
		const { code, stdout, stderr } = await running.ended;
		expect({ code, lines: stdout.split('\n').length, stderr }).toEqual({
			code: 0,
			lines: 2,
			stderr: '',
		});
	});

	it('answers what it has accepted before it ends, however long that takes', async () => {
		const args = ['serve', '--port', '0', '--latency', '1500ms'];
		const running = startFlagdl(args, await temporaryFolder());
		const { url } = await ready(running);
		const socket = rawConnect(url);
		socket.write(get(BR_PATH));
		while ((await readLog({ url })).requests.length === 0) {}

		running.child.kill('SIGINT');
		const answer = await readAll(socket, 10_000);

		expect(split(answer).body.equals(BR)).toBe(true);
		expect((await running.ended).code).toBe(0);
	});

	it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
		'%s ends it at once while nothing that is open has a request to answer',
		async (signal) => {
			const cwd = await temporaryFolder();
			writeFileSync(join(cwd, 'stall.json'), STALL_BR);
			const args = ['serve', '--port', '0', '--finder-port', '0', '--scenario', 'stall.json'];
			const running = startFlagdl(args, cwd);
			const { url, finderPort = 0 } = await ready(running);
			const sockets = [rawConnect(url), rawConnect(url), rawConnect(url), rawConnect(url)];
			const finders = [connect(finderPort, '127.0.0.1'), connect(finderPort, '127.0.0.1')];
			for (const socket of [...sockets, ...finders]) {
				socket.on('error', () => {});
			}
			const [, half, kept, stalled] = sockets;
			half?.write('GET /flags/br/br.gif HTTP/1.1\r\nHos');
			kept?.write(get('/flags/jp/jp.gif'));
			stalled?.write(get(BR_PATH));
			finders[1]?.write('braz');
			await Promise.all([
				readUntil(kept as Socket, (text) => text.includes('GIF8')),
				...finders.map(async (finder) => await readUntil(finder, (text) => text === '?> ')),
			]);
			while ((await readLog({ url })).summary.requests < 2) {}

			const startMs = performance.now();
			running.child.kill(signal);
			const { code } = await running.ended;

			expect(code).toBe(0);
			expect(performance.now() - startMs).toBeLessThan(CLOSE_TIMEOUT_MS);
			for (const socket of [...sockets, ...finders]) {
				socket.destroy();
			}
		},
	);

	it('builds a scenario from --latency and --error-rate', async () => {
		const args = ['serve', '--port', '0', '--latency', '30ms', '--error-rate', '1'];
		const running = startFlagdl(args, await temporaryFolder());
		const { url, scenario } = await ready(running);
		const { status, headers } = await httpRequest(url + BR_PATH);
		running.child.kill('SIGTERM');

		expect([scenario, status]).toEqual(['custom', 503]);
		expect(headers['server-timing']).toMatch(/^plan;dur=30, /);
		expect((await running.ended).code).toBe(0);
	});

	it('writes a line of JSON for each request, and a summary', async () => {
		const cwd = await temporaryFolder();
		const args = ['serve', '--port', '0', '--scenario', 'clean', '--log', 'log.ndjson'];
		const running = startFlagdl(args, cwd);
		const { url } = await ready(running);
		await httpRequest(url + BR_PATH);
		await httpRequest(`${url}/nothing`);
		running.child.kill('SIGTERM');
		await running.ended;

		const lines = readFileSync(join(cwd, 'log.ndjson'), 'utf8').trimEnd().split('\n');
		expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
			{ type: 'request', path: BR_PATH, attempt: 1, plannedMs: 50, outcome: 'answered' },
			{ type: 'request', path: '/nothing', status: 404 },
			{ type: 'summary', requests: 2, maxInFlight: 1 },
		]);
	});

	it('searches by lines on another port', async () => {
		const args = ['serve', '--port', '0', '--finder-port', '0'];
		const running = startFlagdl(args, await temporaryFolder());
		const { finderPort = 0 } = await ready(running);
		const socket = connect(finderPort, '127.0.0.1');
		socket.end('brazil\n');

		expect(await text(socket)).toContain('BR\tBrazil\tBrasília');
		running.child.kill('SIGTERM');
		expect((await running.ended).code).toBe(0);
	});

	it('answers on its control routes to names that are allowed, each of them', async () => {
		const names = ['--allow-host', 'Flags.Test', '--allow-host', 'bücher.example.'];
		const args = ['serve', '--port', '0', ...names];
		const running = startFlagdl(args, await temporaryFolder());
		const { url } = await ready(running);
		const statusFor = async (host: string) =>
			(await httpRequest(`${url}/__flagdl/log`, { headers: { host } })).status;

		expect(await statusFor('flags.test')).toBe(200);
		expect(await statusFor('xn--bcher-kva.example')).toBe(200);
		expect(await statusFor('other.example')).toBe(403);
		running.child.kill('SIGTERM');
		expect((await running.ended).code).toBe(0);
	});

	it('says what to do where its port is taken', async () => {
		const other = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => other.once('listening', resolve));
		const { port } = other.address() as AddressInfo;
		const { code, stderr } = await flagdl(['serve', '--port', `${port}`], await temporaryFolder());
		other.close();

		expect(code).toBe(4);
		expect(stderr).toBe(
			`flagdl: port ${port} of 127.0.0.1 is taken; choose another with --port, or --port 0 for any free one\n`,
		);
	});

	it('leaves no file of its certificate behind where its port is taken', async () => {
		const other = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => other.once('listening', resolve));
		const { port } = other.address() as AddressInfo;
		const TMPDIR = await temporaryFolder();
		const { code } = await flagdl(['serve', '--tls', '--port', `${port}`], TMPDIR, {
			env: { TMPDIR },
		});
		other.close();

		expect(code).toBe(4);
		expect(readdirSync(TMPDIR)).toEqual([]);
	});

	it.each([
		[['--scenario', 'flakey'], /found no scenario "flakey".*did you mean flaky\?/],
		[['--scenario', 'wrong.json'], /scenario wrong\.json: \/latency: found "fast"; allowed:/],
		[['--scenario', 'flaky', '--latency', '1s'], /--\w+ and --\w+ contradict each other/],
		[['--error-rate', '25'], /from 0 to 1/],
		[['--port', '70000'], /from 0 to 65535/],
		[['--allow-host', 'http://flags.test'], /host name .*without scheme and port/],
		[['--allow-host', 'flags.test:8000'], /host name .*without scheme and port/],
		[['--allow-host', '*.test'], /host name/],
		[['--allow-host', ''], /host name/],
		[['--host', ''], /--host: found ""; allowed: a numeric address/],
		[['--scenario', './wrong.json', '--log', 'wrong.json'], /--log: found .*, as --scenario has/],
		[['--', ''], /<command>: found ""; allowed: a program/],
		[['--sed', '1'], /--sed is not an option; did you mean --seed\?/],
	])('refuses %j', async (args, message) => {
		const cwd = await temporaryFolder();
		writeFileSync(join(cwd, 'wrong.json'), '{"version": 1, "latency": "fast"}');
		const { code, stdout, stderr } = await flagdl(['serve', '--port', '0', ...args], cwd);

		expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
		expect(stderr).toMatch(message);
	});

	it('exits 4 where the log cannot be written', async () => {
		const args = ['serve', '--port', '0', '--log', 'no/such/folder.ndjson'];
		const { code, stderr } = await flagdl(args, await temporaryFolder());
		expect(code).toBe(4);
		expect(stderr).toMatch(
			/^flagdl: cannot write the log .*folder\.ndjson: no such file or directory$/m,
		);
	});
});

describe('flagdl serve -- command', () => {
	const fetchOne = (then: string) => [
		NODE,
		'-e',
		`fetch(process.env.FLAGDL_BASE_URL + '/br/br.gif').then(async (r) => { const n = (await r.arrayBuffer()).byteLength; ${then} })`,
	];

	it('runs it against the server, and ends with its code', async () => {
		const command = fetchOne('console.log(r.status, n); process.exitCode = 7;');
		const { code, stdout, stderr } = await flagdl(
			['serve', '--', ...command],
			await temporaryFolder(),
		);
		expect({ code, stdout, stderr }).toEqual({ code: 7, stdout: `200 ${BR.length}\n`, stderr: '' });
	});

	it('says at its end which rules no request met', async () => {
		const cwd = await temporaryFolder();
		const then = { type: 'status', status: 503 };
		const rules = [
			{ id: 'met', match: { codes: ['br'] }, then },
			{ id: 'elsewhere', match: { codes: ['cn'] }, then },
			{ id: 'later', match: { codes: ['br'] }, attempts: '2-', then },
			{ id: 'slower', match: { codes: ['cn'] }, then: { type: 'delay', time: '1ms' } },
		];
		writeFileSync(join(cwd, 'three.json'), JSON.stringify({ version: 1, rules }));
		const args = ['serve', '--scenario', 'three.json', '--', ...fetchOne('')];
		expect(await flagdl(args, cwd)).toMatchObject({
			code: 0,
			stderr: 'warning  no request met the rules elsewhere or later\n',
		});
	});

	it('says which command cannot be run', async () => {
		const cwd = await temporaryFolder();
		writeFileSync(join(cwd, 'file'), '');
		expect(await flagdl(['serve', '--', './file/x'], cwd)).toMatchObject({
			code: 4,
			stderr: 'flagdl: cannot run ./file/x: spawn ENOTDIR\n',
		});
	});

	it('hands the arguments of the command through as they are', async () => {
		const command = [NODE, '-p', 'process.argv.slice(1).join()', '--', '--port', '-x', 'a b'];
		const { code, stdout } = await flagdl(['serve', '--', ...command], await temporaryFolder());
		expect({ code, stdout }).toEqual({ code: 0, stdout: '--port,-x,a b\n' });
	});

	it('ends with 128 and the number of the signal that ended it', async () => {
		const command = fetchOne("process.kill(process.pid, 'SIGKILL');");
		const { code } = await flagdl(['serve', '--', ...command], await temporaryFolder());
		expect(code).toBe(137);
	});

	it('hands a signal on, and ends as the command does', async () => {
		const command = fetchOne(
			"process.on('SIGTERM', () => process.exit(9)); console.log('on'); setInterval(() => {}, 1000);",
		);
		const running = startFlagdl(['serve', '--', ...command], await temporaryFolder());
		await new Promise((resolve) => running.child.stdout?.once('data', resolve));
		running.child.kill('SIGTERM');
		expect((await running.ended).code).toBe(9);
	});

	it('a second signal ends it at once, and a command that ignores signals with it', async () => {
		const command = fetchOne(
			"process.on('SIGTERM', () => console.log('no')); console.log('on'); setInterval(() => {}, 1000);",
		);
		const running = startFlagdl(['serve', '--', ...command], await temporaryFolder());
		const said = async () =>
			await new Promise((resolve) => running.child.stdout?.once('data', resolve));
		await said();
		const answer = said();
		running.child.kill('SIGTERM');
		await answer;
		running.child.kill('SIGTERM');

		// The command shares standard output, which ends when the command has ended.
		expect(await running.ended).toMatchObject({ code: 143, stdout: 'on\nno\n' });
	});

	it('does not repeat to the command what a terminal has told it', async () => {
		const script = `
			let times = 0;
			process.on('SIGINT', () => {
				times += 1;
				setTimeout(() => { console.log('interrupted ' + times); process.exit(9); }, 500);
			});
			console.log('begun');
			setInterval(() => {}, 1000);`;
		const terminal = startOnTerminal(['serve', '--', NODE, '-e', script], await temporaryFolder());
		await terminal.until((screen) => screen.includes('begun'));
		terminal.type('\u0003');

		expect(await terminal.ended).toBe(9);
		expect(terminal.screen().at(-1)).toMatch(/interrupted 1$/);
	});

	it('exits 4 where there is no such command', async () => {
		const { code, stderr } = await flagdl(
			['serve', '--', 'no-such-command'],
			await temporaryFolder(),
		);
		expect(code).toBe(4);
		expect(stderr).toMatch(/^flagdl: cannot run no-such-command: command not found$/m);
	});

	it('does not collide with another', async () => {
		const command = fetchOne('console.log(process.env.FLAGDL_BASE_URL);');
		const runs = await Promise.all(
			[1, 2, 3].map(async () => await flagdl(['serve', '--', ...command], await temporaryFolder())),
		);
		expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
		for (const { stdout } of runs) {
			expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/flags\n$/);
		}
	});
});
