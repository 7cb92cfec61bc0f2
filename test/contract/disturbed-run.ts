import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { planRun } from '../../src/scenarios/plan-run.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { startFlagServer } from '../../src/server/start-flag-server.ts';
import { filesIn } from '../helpers/files-in.ts';
import { startFlagdl } from '../helpers/flagdl.ts';
import { undetectable } from '../helpers/held-content.ts';
import { serve } from '../helpers/serve.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { CODES, randomScenario } from '../scenarios/random-scenario.ts';
import { answerFiles, contentOf, type OriginFile, originFiles } from './faulty-origin.ts';

const STRATEGIES = ['async', 'threads', 'sequential'] as const;
const RETRIES = 1;

interface Disturbance {
	readonly signal: NodeJS.Signals;
	/** Number of the request at which the signal is sent. */
	readonly atRequest: number;
	/** Resumes with the same command, or with one that reads the failed-file if the signal leaves one. */
	readonly continuedBy: 'command' | 'failed-file';
}

export interface DisturbedCase {
	readonly scenario: Scenario;
	/** Flags of the scenario's server, which lacks some of them. */
	readonly codes: readonly string[];
	readonly files: readonly OriginFile[];
	readonly disturbances: readonly Disturbance[];
}

/** A list, the behaviour of the servers, and signals at given requests, for each strategy. */
export const disturbedCases: fc.Arbitrary<DisturbedCase> = fc.record({
	scenario: randomScenario,
	codes: fc.subarray([...CODES, 'ZZ'], { minLength: 1 }),
	files: originFiles,
	disturbances: fc.array(
		fc.record({
			signal: fc.constantFrom<NodeJS.Signals>('SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP'),
			atRequest: fc.integer({ min: 1, max: 20 }),
			continuedBy: fc.constantFrom('command', 'failed-file'),
		}),
		{ minLength: 1, maxLength: 2 },
	),
});

/** Runs a case undisturbed with `sequential`, then disturbed with each strategy: all results must be equal. */
export async function expectSameResult(given: DisturbedCase): Promise<void> {
	const servers = await startServers(given);
	const folder = await temporaryFolder();
	try {
		const expected = await runOf('sequential', [], given, servers, join(folder, 'undisturbed'));
		// Concurrently, as most of the time is spent on back-offs.
		const found = await Promise.all(
			STRATEGIES.map(
				async (strategy) =>
					await runOf(strategy, given.disturbances, given, servers, join(folder, strategy)),
			),
		);
		for (const [index, result] of found.entries()) {
			expect(result, STRATEGIES[index]).toEqual(expected);
		}
	} finally {
		await servers.close();
		await rm(folder, { recursive: true, force: true });
	}
}

interface Servers {
	readonly flagsUrl: string;
	readonly filesUrl: string;
	/** Calls back when a run has sent this number of requests. */
	atRequest(run: string, count: number, call: () => void): void;
	close(): Promise<void>;
}

async function startServers({ scenario, codes, files }: DisturbedCase): Promise<Servers> {
	const requests = new Map<string, number>();
	const alarms = new Map<string, { readonly count: number; readonly call: () => void }>();
	const count = (run: string) => {
		const sent = (requests.get(run) ?? 0) + 1;
		requests.set(run, sent);
		const alarm = alarms.get(run);
		if (sent === alarm?.count) {
			alarm.call();
		}
	};

	const flags = await startFlagServer({ scenario, log: ({ run }) => count(run) });
	for (const code of planRun(scenario, codes, { retries: RETRIES }).undetectable) {
		const cc = code.toLowerCase();
		undetectable(`${flags.url}/flags/${cc}/${cc}.gif`, 'the plan says so');
	}
	const answer = answerFiles(files);
	const held = (path: string) => {
		const file = files.find((one) => one.path === decodeURI(path));
		return file === undefined ? Buffer.alloc(0) : contentOf(file);
	};
	const filesUrl = await serve(held, (request, response) => {
		count(String(request.headers['x-flagdl-run']));
		answer(request, response);
	});
	return {
		flagsUrl: `${flags.url}/flags`,
		filesUrl,
		atRequest: (run, at, call) => alarms.set(run, { count: at, call }),
		close: async () => await flags.close(),
	};
}

/** The compared result of a run, independent of order. */
interface Result {
	/** SHA-256 of each file by its path. */
	readonly files: Readonly<Record<string, string>>;
	readonly outcomes: Readonly<Record<string, string>>;
	/** Lines of the failed-file, without the reasons. */
	readonly missing: readonly string[];
	/** Result of a further `--if-exists update`: the state as the server sees it. */
	readonly updated: Readonly<Record<string, string>>;
}

async function runOf(
	strategy: (typeof STRATEGIES)[number],
	disturbances: readonly Disturbance[],
	given: DisturbedCase,
	servers: Servers,
	folder: string,
): Promise<Result> {
	await mkdir(folder);
	await writeFile(join(folder, 'list.txt'), listOf(given, servers.filesUrl));
	let outcomes: Readonly<Record<string, string>> = {};
	let list = 'list.txt';
	let runs = 0;
	const run = async (disturbance?: Disturbance) => {
		runs += 1;
		const name = `${strategy} ${disturbances.length} ${runs}`;
		const { child, ended } = startFlagdl(
			[
				...['-i', list, '-d', 'out', '-o', '{path}', '--failed-file', 'missing.txt'],
				...['-s', servers.flagsUrl, '-H', `x-flagdl-run: ${name}`, '--json'],
				...['--strategy', strategy, '--threads', '2', '-c', '4'],
				...['--retry', `${RETRIES}`, '--if-exists', 'update'],
			],
			folder,
		);
		if (disturbance !== undefined) {
			servers.atRequest(name, disturbance.atRequest, () => child.kill(disturbance.signal));
		}
		const { stdout, signal } = await ended;
		outcomes = { ...outcomes, ...outcomesIn(stdout) };
		// After SIGKILL, fewer outcomes may have been reported than files saved.
		return signal === null;
	};

	for (const disturbance of disturbances) {
		const hasFailedFile = await run(disturbance);
		if (hasFailedFile && disturbance.continuedBy === 'failed-file') {
			list = 'missing.txt';
		}
	}
	await run();
	const ended = Object.fromEntries(
		Object.entries(outcomes).map(([url, status]) => [url, isThere(status) ? 'there' : status]),
	);
	const missing = await readFile(join(folder, 'missing.txt'), 'utf8');
	list = 'list.txt';
	outcomes = {};
	await run();
	return {
		files: await digestsIn(join(folder, 'out')),
		outcomes: ended,
		missing: missing
			.split('\n')
			.filter((line) => line !== '' && !line.startsWith('#'))
			.toSorted(),
		updated: outcomes,
	};
}

/** Codes and complete URLs, with destinations, digests, and lines of JSON. */
function listOf({ codes, files }: DisturbedCase, filesUrl: string): string {
	const lines = files.map((file) => {
		const { path, hasDigest, isJson } = file;
		const url = `${filesUrl}${encodeURI(path)}`;
		const dest = `named${path}`;
		const sha256 = hasDigest ? sha256Of(contentOf(file)) : undefined;
		return isJson ? JSON.stringify({ url, dest, sha256 }) : `${url}\t${dest}\t${sha256 ?? ''}`;
	});
	return `${[...codes, ...lines].join('\n')}\n`;
}

/** Status by URL, of outcomes reported before the end. */
function outcomesIn(stdout: string): Readonly<Record<string, string>> {
	const events = stdout
		.split('\n')
		.slice(0, -1)
		.map((line) => JSON.parse(line) as { type: string; url: string; status: string });
	const outcomes = events.filter(({ type }) => type === 'outcome');
	return Object.fromEntries(outcomes.map(({ url, status }) => [url, status]));
}

function isThere(status: string): boolean {
	return ['ok', 'unchanged', 'skipped'].includes(status);
}

/** Without state files, and without parts of missing files. */
async function digestsIn(directory: string): Promise<Readonly<Record<string, string>>> {
	const files = (await filesIn(directory)).filter((path) => !path.startsWith('.flagdl'));
	const contents = await Promise.all(
		files.map(async (path) => await readFile(join(directory, path))),
	);
	return Object.fromEntries(
		files.map((path, index) => [path, sha256Of(contents[index] ?? Buffer.alloc(0))]),
	);
}

function sha256Of(content: Buffer): string {
	return createHash('sha256').update(content).digest('hex');
}
