import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { SmokeEvent, SmokeReport } from '../../src/smoke/results.ts';
import { flagdl, startFlagdl } from '../helpers/flagdl.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { expectWithin } from '../helpers/within.ts';

const MINUTE_MS = 60_000;
const schema = JSON.parse(
	await readFile(new URL('../../fixtures/schemas/smoke.schema.json', import.meta.url), 'utf8'),
) as object;
const isValid = new Ajv2020().compile(schema);

let folder: string;
let temporary: string;
beforeEach(async () => {
	folder = await temporaryFolder();
	temporary = await temporaryFolder();
});

const smoke = async (...args: readonly string[]) =>
	await flagdl(['smoke', ...args], folder, { env: { TMPDIR: temporary } });
const reportAt = async (name: string) =>
	JSON.parse(await readFile(join(folder, name), 'utf8')) as SmokeReport;
const eventsIn = (text: string) =>
	text
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line) as SmokeEvent & { readonly seq: number });

/** Only flagdl's own, since Node may have created its compile cache. */
const placesLeft = () => readdirSync(temporary).filter((name) => name.startsWith('flagdl-'));
const processes = () => execFileSync('ps', ['-eo', 'pid,stat']).toString();

describe('flagdl smoke', () => {
	it(
		'passes by default: five scenarios by three strategies, in less than a minute',
		async () => {
			const startMs = performance.now();
			const { code, stdout } = await smoke();

			expect(stdout).toContain('15 of 15 runs passed');
			expect(stdout).toContain('--stall-time 1s --max-time 5s --retry-max-time 15s');
			expect(code).toBe(0);
			expectWithin(MINUTE_MS, startMs);
		},
		2 * MINUTE_MS,
	);

	it('reports what its schema says, and leaves nothing behind', async () => {
		const names = ['r.json', 'r.ndjson', 'r.md', 'r.xml'];

		const { code, stdout, stderr } = await smoke(
			...['--scenario', 'liar', '--strategies', 'async,threads', '-c', '4,16', '--json'],
			...names.flatMap((name) => ['--report', name]),
			...['--threshold', 'plan.diff == 0', '--threshold', 'plan.diff{c: 16} == 0'],
		);

		expect([code, stderr]).toEqual([0, expect.stringContaining('4 of 4 runs')]);
		const report = await reportAt('r.json');
		expect(isValid(report), JSON.stringify(isValid.errors)).toBe(true);
		expect(report.runs.map(({ labels }) => labels)).toEqual(report.start.runs);
		expect(report.end).toMatchObject({ passed: true, thresholds: { pass: 2 } });

		for (const text of [stdout, await readFile(join(folder, 'r.ndjson'), 'utf8')]) {
			const events = eventsIn(text);
			for (const event of events) {
				expect(isValid(event), event.type).toBe(true);
			}
			expect(events.map(({ seq }) => seq)).toEqual([...events.keys()]);
			expect(events.at(0)?.type).toBe('smoke.start');
			expect(events.at(-1)?.type).toBe('run.end');
		}
		expect(placesLeft()).toEqual([]);
	});

	it('knows of limits that what they refuse cannot be planned', async () => {
		const args = ['--scenario', 'rate-limited', '--strategies', 'async', '-l', '80'];

		const { code, stdout } = await smoke(...args, '--retry-max-time', '30s');

		expect(stdout).toContain('80 of 80 as planned');
		expect(code).toBe(0);
	});
});

describe('thresholds', () => {
	const quick = ['--scenario', 'clean', '--strategies', 'async', '-l', '10'];

	it('that are missed end with 3', async () => {
		const { code, stdout } = await smoke(...quick, '--threshold', 'requests > 10');

		expect(stdout).toContain('FAIL  requests > 10\n      clean async c=16: 10, limit 10');
		expect(code).toBe(3);
	});

	it('that are inconclusive are a warning', async () => {
		const expression = 'latency.p(50) < 52ms';
		const { code, stdout } = await smoke(...quick, '-l', '3', '--threshold', expression);

		expect(stdout).toContain('inconclusive  latency.p(50) < 52ms');
		expect(stdout).toContain('too few samples');
		expect(stdout).toContain(
			`warning  ${expression} cannot be judged: a run has 3 samples, and at least 6 are needed. Give 6 codes or more, or judge .max instead\n`,
		);
		expect(code).toBe(0);
	});

	it('come from a file, each with its reason', async () => {
		const gates = [{ expr: 'failed == 0', why: 'no flag may be missing' }];
		await writeFile(join(folder, 'gates.json'), JSON.stringify(gates));

		const { code, stdout } = await smoke(...quick, '--threshold-file', 'gates.json');

		expect(stdout).toContain('pass  failed == 0  no flag may be missing');
		expect(code).toBe(0);
	});
});

describe('what cannot be meant is exit code 2, before the first request', () => {
	it.each([
		[
			['--threshold', 'latency < 1s'],
			'found latency, which has many values; allowed: latency.p(95)',
		],
		[['--threshold', 'failed = 0'], '  failed = 0\n         ^'],
		[
			['--threshold', 'failed{strategy: fast} == 0'],
			'found the strategy "fast", which no run has; allowed: sequential',
		],
		[
			['--threshold', 'speedup > 1'],
			'found the metric speedup, which flagdl smoke does not measure here; allowed: ',
		],
		[['--threshold-file', 'nowhere.json'], '--threshold-file: cannot read nowhere.json'],
		[['--strategies', 'fast'], '--strategies: found "fast"; allowed: all, sequential'],
		[['--scenario', 'flacky'], 'found no scenario "flacky"'],
		[
			['--client', 'curl {url}'],
			'found {url}; allowed: {urls}, {base}, {list} or {dir}; did you mean {urls}?',
		],
		[['--client', ' '], '--client: found nothing to run'],
		[['--input', '-'], '--input: each run reads the list, and standard input only the first'],
		[['--client', 'true', '--strategies', 'async'], '--client and --strategies contradict'],
		[
			['--client', 'true', '--threshold', 'latency.p(95) < 1s'],
			'found the metric latency, which flagdl smoke does not measure',
		],
		[['--server', 'http://127.0.0.1:9', '--client', 'true'], '--server is for a server of your'],
		[['--server', 'nonsense'], '--server: found "nonsense"'],
		[['--input', 'nowhere.txt'], '--input: cannot read'],
		[['--checksums', 'sums'], '--checksums is for a server of your own'],
		[['--junit', 'a.xml', '--report', './a.xml'], '--report: found "./a.xml", as --junit has'],
		[['--scenario', './s.json', '--report', 's.json'], '--report: found "s.json", as --scenario'],
		[['--report', 'report.pdf'], 'found "report.pdf"; allowed: a name that ends in .json'],
		[['xyz'], 'found "xyz"; allowed: two letters'],
	])('%j', async (args, message) => {
		const { code, stdout, stderr } = await smoke(...args, '--json');

		expect(stderr).toContain(message);
		expect(stderr).toContain('See flagdl smoke --help');
		expect(code).toBe(2);
		const events = eventsIn(stdout);
		expect(events).toMatchObject([{ type: 'run.end', exitCode: 2 }]);
		expect(isValid(events[0])).toBe(true);
	});

	it('a code behind -- that is an option of get', async () => {
		const { code, stderr } = await smoke('--server', 'http://127.0.0.1:9', '--', '--insecure');

		expect(stderr).toContain('found "--insecure"; allowed: two letters');
		expect(code).toBe(2);
	});

	it('a report that cannot be written is exit code 4', async () => {
		const { code, stderr } = await smoke('--junit', '/dev/null/report.xml');

		expect(stderr).toContain('cannot write the report');
		expect(code).toBe(4);
	});

	it('reports that cannot be written at the end are all named, and the others are written', async () => {
		for (const name of ['a.json', 'b.xml']) {
			symlinkSync('/dev/full', join(folder, name));
		}
		const reports = ['a.json', 'b.xml', 'c.md'].flatMap((name) => ['--report', name]);

		const { code, stderr } = await smoke('--scenario', 'clean', '--client', 'true', ...reports);

		expect(stderr).toMatch(/cannot write the report .*a\.json: no space left on device/);
		expect(stderr).toMatch(/cannot write the report .*b\.xml: no space left on device/);
		expect(readFileSync(join(folder, 'c.md'), 'utf8')).toContain('# ❌');
		expect(code).toBe(4);
	});
});

describe('an interruption', () => {
	it.each([
		['SIGINT', 130],
		['SIGTERM', 143],
	] as const)(
		'by %s ends the clients, writes the reports and exits with %i',
		async (signal, exitCode) => {
			const started = join(folder, 'started');
			const client = `echo $$ > ${started}.new; mv ${started}.new ${started}; exec sleep 1000`;
			const args = ['smoke', '--scenario', 'clean', '--client', client, '--json'];
			const env = { TMPDIR: temporary };
			const reports = ['--report', 'r.json', '--report', 'r.md', '--junit', 'r.xml'];
			const { child, ended } = startFlagdl([...args, ...reports], folder, { env });
			const pid = await vi.waitFor(() => readFileSync(started, 'utf8').trim(), { timeout: 20_000 });
			child.kill(signal);

			const { code, stdout, stderr } = await ended;

			expect(code).toBe(exitCode);
			const told = '0 of 1 run passed, interrupted before the other 1 ended';
			expect(stderr).toContain(told);
			expect(readFileSync(join(folder, 'r.md'), 'utf8')).toContain(told.replace('run ', 'runs '));
			expect(readFileSync(join(folder, 'r.xml'), 'utf8')).toMatch(
				/tests="1" failures="0" errors="1"[\s\S]*<error type="interrupted" message="interrupted before this run ended"/,
			);
			expect(eventsIn(stdout).at(-1)).toMatchObject({
				type: 'run.end',
				passed: false,
				runs: { passed: 0, failed: 0, unmade: 1 },
				exitCode,
			});
			expect(isValid(await reportAt('r.json'))).toBe(true);
			expect(placesLeft()).toEqual([]);
			expect(processes()).not.toMatch(new RegExp(`^ *${pid} [^Z]`, 'm'));
		},
	);
});

describe('on GitHub', () => {
	it('judges a client that removes its folder, and goes on', async () => {
		const clients = ['--client', 'rm -rf {dir}', '--client', 'true'];
		const { code, stdout } = await smoke('--scenario', 'clean', '-l', '2', ...clients);

		expect(stdout).toContain('AD, AE  not there after 0 requests');
		expect(stdout).toContain('0 of 2 runs passed');
		expect(code).toBe(3);
	});

	it('failures are annotations, ten at most, and the summary is appended', async () => {
		const summary = join(folder, 'summary.md');
		await writeFile(summary, 'what was there\n');
		const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };

		const args = ['smoke', '--scenario', 'clean', '--client', 'true'];
		const { code, stdout } = await flagdl(args, folder, { env });

		const errors = stdout.split('\n').filter((line) => line.startsWith('::error '));
		expect(errors.length).toBe(10);
		expect(errors[0]).toContain('ended with exit code 0, though 40 of 40 files are not there');
		expect(errors[9]).toContain('and 32 more');
		expect(code).toBe(3);
		const written = await readFile(summary, 'utf8');
		expect(written).toMatch(/^what was there\n# ❌ flagdl smoke: 0 of 1 runs/);
	});
});
