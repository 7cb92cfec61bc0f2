import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundledScenarios } from '../../src/scenarios/bundled.ts';
import type { Plan } from '../../src/scenarios/plan.ts';
import { flagdl } from '../helpers/flagdl.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

async function scenario(args: readonly string[], file?: object) {
	const cwd = await temporaryFolder();
	if (file !== undefined) {
		writeFileSync(join(cwd, 'mine.json'), JSON.stringify(file));
	}
	return await flagdl(['scenario', ...args], cwd);
}

it('lists those that come with flagdl', async () => {
	const { code, stdout } = await scenario(['list']);
	const names = stdout.split('\n').map((line) => line.split(' ')[0]);

	expect(code).toBe(0);
	expect(names.filter((name) => name !== '')).toEqual(bundledScenarios());
});

it('shows one, so that it can be changed and checked', async () => {
	const shown = await scenario(['show', 'flaky']);
	const checked = await scenario(['check', 'mine.json'], JSON.parse(shown.stdout) as object);

	expect(checked).toMatchObject({
		code: 0,
		stdout: 'mine.json is a valid scenario of 11 rules, and leads to what it expects\n',
	});
});

describe('check', () => {
	it('names the place of what is wrong', async () => {
		const rules = [{ id: 'a', then: { type: 'status', status: 503, retryafter: '1s' } }];
		const { code, stderr } = await scenario(['check', 'mine.json'], { version: 1, rules });

		expect(code).toBe(2);
		expect(stderr).toBe(
			'flagdl: scenario mine.json: /rules/0/then/retryafter: found an unknown key; allowed: type, status, ' +
				'retryAfter, retryAfterForm; did you mean retryAfter?\nSee flagdl scenario --help\n',
		);
	});

	it('exits 3 where the plan is not what is expected', async () => {
		const document = { version: 1, expect: { ok: 250 } };
		const { code, stderr } = await scenario(['check', 'mine.json'], document);

		expect(code).toBe(3);
		expect(stderr).toBe('mine.json: /expect/ok: expects 250, and the plan says 249\n');
	});
});

describe('plan', () => {
	it('is the same, byte for byte, each time', async () => {
		const [first, second] = await Promise.all([
			scenario(['plan', 'flaky', '-a', '--json']),
			scenario(['plan', 'flaky', '-a', '--json']),
		]);
		const plan = JSON.parse(first.stdout) as Plan;

		expect(second.stdout).toBe(first.stdout);
		expect(plan.totals).toEqual({
			ok: 249,
			unchanged: 0,
			skipped: 0,
			not_found: 0,
			error: 0,
			cancelled: 0,
		});
		expect(plan.requests).toBeGreaterThan(300);
		expect(plan.targets).toHaveLength(249);
	});

	it('is for the 20 most populous, unless others are named', async () => {
		const plan = async (...args: string[]) =>
			JSON.parse((await scenario(['plan', 'clean', '--json', ...args])).stdout) as Plan;

		expect((await plan()).targets).toHaveLength(20);
		expect((await plan('br', 'CN')).targets.map(({ id }) => id)).toEqual(['BR', 'CN']);
		expect((await plan('-e', '-l', '100')).targets).toHaveLength(100);
	});

	it('changes with the seed and the retries', async () => {
		const plan = async (...args: string[]) =>
			JSON.parse((await scenario(['plan', 'error', '-a', '--json', ...args])).stdout) as Plan;
		const [own, seeded, without] = await Promise.all([
			plan(),
			plan('--seed', '2'),
			plan('--retry', '0'),
		]);

		expect(seeded).toMatchObject({ seed: 2 });
		expect(seeded.requests).not.toBe(own.requests);
		expect(without).toMatchObject({ retries: 0, requests: 249 });
		expect(without.totals.error).toBeGreaterThan(40);
	});

	it('tells people what is met, what it adds up to, and what is not certain', async () => {
		const { stdout } = await scenario(['plan', 'mine.json', 'br', 'jp', 'li'], {
			version: 1,
			name: 'mine',
			latency: '100ms',
			limits: { rateLimit: { requests: 2, window: '1s' } },
			rules: [
				{
					id: 'busy',
					match: { codes: ['br'] },
					attempts: '1',
					then: { type: 'status', status: 503, retryAfter: '1s' },
				},
				{ id: 'rot', match: { codes: ['li'] }, then: { type: 'corrupt', digest: false } },
			],
		});

		expect(stdout).toBe(`scenario mine, seed 1, 3 targets, 3 retries

BR  ok         2 requests: http_503 (busy: status), wait 1.00 s, then ok
LI  ok         1 request: wrong bytes, undetectable (rot: corrupt)
1 target without any fault

3 ok, 0 not found, 0 error; 4 requests
undetectable, right length and wrong bytes: LI
depends on time: rateLimit: refused requests are attempts of the client, and may use its retries up
so 4 to 12 requests, and 0 to 3 ok
with 16 slots: at least 1.20 s in this order, 1.20 s in any order
`);
	});
});
