import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { flagdl, startFlagdl } from '../helpers/flagdl.ts';
import { type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { REPORT_NAMES, REPORT_OPTIONS } from '../helpers/report-names.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { expectWithin } from '../helpers/within.ts';

let folder: string;
let server: HoldServer;

beforeEach(async () => {
	folder = await temporaryFolder();
	server = await startHoldServer();
	onTestFinished(async () => await server.close());
});

// A process that gets almost no processor time within its second ends without its last lines.
const WITHIN_A_SECOND = { retry: 2 };

const CODES = ['br', 'cn', 'in', 'us', 'id', 'pk', 'ng', 'bd'];

/** Sends two flags, starts a third and holds the rest; resolves when all of this has happened. */
async function startHeld(args: readonly string[]) {
	server.hold();
	server.answer('/flags/in/in.gif', (_request, response) => {
		response.writeHead(200, { 'content-type': 'image/gif', 'content-length': 9000 });
		response.write('GIF89a');
	});
	const all = [...CODES, '-s', server.url, '-c', '4', ...args];
	const running = startFlagdl(all, folder);
	await server.arrivals(4);
	server.release('/flags/br/br.gif', '/flags/cn/cn.gif', '/flags/in/in.gif');
	await server.arrivals(6);
	return running;
}

describe.each([
	['SIGINT', 130],
	['SIGTERM', 143],
	['SIGHUP', 129],
] as const)('%s', WITHIN_A_SECOND, (signal, exitCode) => {
	it.each(['async', 'threads', 'sequential'])(
		'ends a run by %s within a second, with its reports, and with whole files only',
		async (strategy) => {
			if (strategy === 'sequential') {
				server.hold('/flags/in/in.gif');
			}
			const args = [
				'--json',
				...REPORT_OPTIONS,
				'--failed-file',
				'failed.txt',
				'--strategy',
				strategy,
			];
			const running =
				strategy === 'sequential' ? await startSequential(args) : await startHeld(args);

			const startMs = performance.now();
			running.child.kill(signal);
			const { code, stdout, stderr } = await running.ended;

			expectWithin(1000, startMs);
			expect(code).toBe(exitCode);
			expect(stderr).toContain(`flagdl: interrupted by ${signal}`);
			const events = stdout
				.trimEnd()
				.split('\n')
				.map((line) => JSON.parse(line) as object);
			expect(events.at(-1)).toMatchObject({
				type: 'run.end',
				exitCode,
				totals: { ok: 2, cancelled: 6, error: 0 },
			});
			expect(await readdir(join(folder, 'downloads'))).toEqual(['br.gif', 'cn.gif']);
			expect((await readdir(folder)).sort()).toEqual(
				['downloads', 'failed.txt', ...REPORT_NAMES].sort(),
			);
			expect(JSON.parse(await readFile(join(folder, 'r.json'), 'utf8'))).toMatchObject({
				summary: { exitCode },
			});
		},
	);
});

async function startSequential(args: readonly string[]) {
	server.hold('/flags/in/in.gif');
	const running = startFlagdl([...CODES, '-s', server.url, ...args], folder);
	await server.arrivals(3);
	return running;
}

describe('after an interruption', () => {
	it('the failed file, fed back, completes only what is missing', async () => {
		const running = await startHeld(['--failed-file', 'failed.txt']);
		running.child.kill('SIGINT');
		await running.ended;
		server.release();
		const before = server.requests.length;
		server.answer('/flags/in/in.gif', (request, response) => {
			response.writeHead(307, { location: `${request.url}?again` }).end();
		});

		const args = ['-i', 'failed.txt', '--failed-file', 'failed.txt', '-s', server.url, '--json'];
		const { code, stdout } = await flagdl(args, folder);

		expect(code).toBe(0);
		expect(stdout).toContain('"totals":{"ok":6,');
		expect(server.requests.length - before).toBe(7);
		expect(await readdir(join(folder, 'downloads'))).toHaveLength(CODES.length);
		expect(await readFile(join(folder, 'failed.txt'), 'utf8')).toBe('');
	});
});

describe.each(['async', 'threads', 'sequential'])(
	'a run by %s with a report that cannot be finished: a pipe that nothing reads',
	WITHIN_A_SECOND,
	(strategy) => {
		/** Resolves when the first signal has cancelled all requests in flight. */
		const interrupt = async () => {
			execFileSync('mkfifo', [join(folder, 'r.json')]);
			server.hold();
			const reports = ['--report', 'r.json', '--report', 'other.json'];
			const args = ['-s', server.url, ...reports, '--strategy', strategy];
			const running = startFlagdl([...CODES, ...args], folder);
			await server.arrivals(1);
			const startMs = performance.now();
			running.child.kill('SIGINT');
			await server.idle();
			return { ...running, startMs };
		};

		it('is given up within a second, and the other reports are written', async () => {
			const { ended, startMs } = await interrupt();
			const { code, stderr } = await ended;

			expectWithin(1000, startMs);
			expect(code).toBe(130);
			expect(stderr).toMatch(/cannot write the report .*r\.json: nothing reads this pipe/);
			expect(JSON.parse(await readFile(join(folder, 'other.json'), 'utf8'))).toMatchObject({
				summary: { exitCode: 130 },
			});
		});

		it('a second signal ends everything at once', async () => {
			const { child, ended } = await interrupt();
			const startMs = performance.now();
			child.kill('SIGTERM');

			// With one signal alone, its own exit code would follow, and only after the time limit of the report.
			expect((await ended).code).toBe(143);
			expectWithin(800, startMs);
		});
	},
);

describe('events', () => {
	it('fit their schema, in a run with everything in it', async () => {
		const file = new URL('../../fixtures/schemas/events.schema.json', import.meta.url);
		const fits = new Ajv({ strictRequired: false }).compile(
			JSON.parse(await readFile(file, 'utf8')) as object,
		);
		const args = ['br', 'xx', 'https://127.0.0.1:1/a', '--retry', '1', '--insecure', '--json'];
		const { stdout } = await flagdl([...args, '--strategy', 'threads'], folder);

		const events = stdout
			.trimEnd()
			.split('\n')
			.map((line) => JSON.parse(line) as object);
		expect(events.map((event) => 'type' in event && event.type).sort()).toEqual([
			'outcome',
			'outcome',
			'outcome',
			'run.end',
			'run.start',
			'warning',
		]);
		for (const [seq, event] of events.entries()) {
			expect(fits(event), JSON.stringify(fits.errors)).toBe(true);
			expect(event).toMatchObject({ v: 1, seq });
		}
	});
});
