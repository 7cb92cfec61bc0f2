import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { Plan, PlannedTarget } from '../../src/scenarios/plan.ts';
import { planRun } from '../../src/scenarios/plan-run.ts';
import type { LogEntry } from '../../src/server/request-log.ts';
import { type FlagServer, startFlagServer } from '../../src/server/start-flag-server.ts';
import { collect } from '../helpers/collect.ts';
import { undetectable } from '../helpers/held-content.ts';
import { strategies } from '../helpers/strategies.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { CODES, randomScenario } from '../scenarios/random-scenario.ts';
import { readLog } from '../server/faults/faulty-server.ts';

const RETRIES = 1;
const CELLS = (['async', 'threads'] as const).flatMap((strategy) =>
	[1, 8, 64].map((concurrency) => ({ strategy, concurrency })),
);
/** Includes a flag that the server does not have. */
const ASKED = [...CODES, 'ZZ'];

it('what a client meets on sockets is what the plan says, request for request', {
	timeout: 600_000,
}, async () => {
	await fc.assert(
		fc.asyncProperty(randomScenario, async (scenario) => {
			const plan = planRun(scenario, ASKED, { retries: RETRIES });
			const server = await startFlagServer({ scenario });
			for (const cc of plan.undetectable.map((id) => id.toLowerCase())) {
				undetectable(`${server.url}/flags/${cc}/${cc}.gif`, 'the plan says so');
			}
			try {
				// Concurrently: each run has a name, and its own counts on the server.
				await Promise.all(
					CELLS.map(async (cell) => {
						const run = `${cell.strategy} ${cell.concurrency}`;
						const outcomes = await download(server, run, cell);
						expect(outcomes.map(told), run).toEqual(plan.targets.map(told));
						expectRequests(outcomes, plan, run);
						expectFiles(outcomes, plan, run);
					}),
				);
				const { requests } = await readLog(server);
				for (const { strategy, concurrency } of CELLS) {
					expectLog(requests, plan, `${strategy} ${concurrency}`);
				}
			} finally {
				await server.close();
			}
		}),
		{ numRuns: Number(process.env['PLAN_RUNS'] ?? 12), endOnFailure: true },
	);
});

async function download(
	{ url }: FlagServer,
	run: string,
	{ strategy, concurrency }: (typeof CELLS)[number],
): Promise<Outcome[]> {
	const folder = await temporaryFolder();
	const targets = ASKED.map((id, index) => {
		const cc = id.toLowerCase();
		return { id, index, url: `${url}/flags/${cc}/${cc}.gif`, dest: join(folder, `${cc}.gif`) };
	});
	const outcomes = await collect(
		strategies[strategy](targets, {
			options: { ...DEFAULT_OPTIONS, retries: RETRIES, headers: { 'x-flagdl-run': run } },
			concurrency,
			threads: Math.min(2, concurrency),
			signal: new AbortController().signal,
		}),
	);
	return outcomes.toSorted((a, b) => a.target.index - b.target.index);
}

function told(target: Outcome | PlannedTarget): object {
	const id = 'target' in target ? target.target.id : target.id;
	const code = 'target' in target ? target.failure?.code : target.code;
	return { id, status: target.status, code: alike(code) };
}

/** The kernel decides which of these codes a client sees when a connection breaks. */
const BROKEN = [
	'ECONNRESET',
	'connection_closed',
	'truncated',
	'length_mismatch',
	'bad_http',
	'empty_body',
];

function alike(code: string | undefined): string | undefined {
	return code !== undefined && BROKEN.includes(code) ? 'broken' : code;
}

function expectRequests(outcomes: readonly Outcome[], plan: Plan, run: string): void {
	const requests = outcomes.reduce((sum, outcome) => sum + outcome.requests, 0);
	expect(requests, run).toBeGreaterThanOrEqual(plan.bounds.requests.min);
	expect(requests, run).toBeLessThanOrEqual(plan.bounds.requests.max);
}

/** A file with `ok` is the flag, unless the plan says that no client could detect the difference. */
function expectFiles(outcomes: readonly Outcome[], plan: Plan, run: string): void {
	for (const { target, status, dest } of outcomes) {
		if (status !== 'ok') {
			continue;
		}
		const cc = target.id.toLowerCase();
		const flag = readFileSync(new URL(`../../fixtures/flags/${cc}/${cc}.gif`, import.meta.url));
		const isTrue = readFileSync(dest).equals(flag);
		expect(isTrue, `${run} ${cc}`).toBe(!plan.undetectable.includes(target.id));
	}
}

/** Each attempt met the rule that was planned for it, and there were no others. */
function expectLog(requests: readonly LogEntry[], plan: Plan, run: string): void {
	const met = requests
		.filter((entry) => entry.run === run && entry.attempt !== undefined && !isRaced(entry, plan))
		.map(({ path, attempt, rule, hop = 0 }) => `${path} ${attempt} ${hop} ${rule}`);
	const planned = plan.targets
		.filter(({ id }) => id !== 'ZZ')
		.flatMap(({ path, attempts }) =>
			attempts.flatMap(({ number, rule, requests: count }) =>
				Array.from({ length: count }, (_, hop) => `${path} ${number} ${hop} ${rule}`),
			),
		);
	expect(met.toSorted(), run).toEqual(planned.toSorted());
}

/** Closed before the first byte on a reused connection: the client repeats the request, and the log has both. */
function isRaced({ rule, outcome }: LogEntry, plan: Plan): boolean {
	return outcome === 'broken' && plan.dependsOn.some(({ name }) => name === rule);
}
