import { get as httpsGet } from 'node:https';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_OPTIONS } from '../../../src/download/options.ts';
import type { Outcome } from '../../../src/download/outcome.ts';
import { parseScenario } from '../../../src/scenarios/load-scenario.ts';
import { planRun } from '../../../src/scenarios/plan-run.ts';
import { makeIdentity } from '../../../src/server/certificate.ts';
import { type FlagServer, startFlagServer } from '../../../src/server/start-flag-server.ts';
import { collect } from '../../helpers/collect.ts';
import { it as itWithFolder } from '../../helpers/fixtures.ts';
import { strategies } from '../../helpers/strategies.ts';

const CODES = ['BR', 'CN', 'IN', 'JP'];

async function start(document: object = {}): Promise<FlagServer & { readonly ca: string }> {
	const scenario = parseScenario({ version: 1, ...document });
	const { ca, ...tls } = await makeIdentity('127.0.0.1', scenario.tls?.certificate);
	const server = await startFlagServer({ scenario, tls });
	onTestFinished(async () => await server.close());
	return { ...server, ca };
}

async function download(
	server: { readonly url: string; readonly ca: string },
	folder: string,
	name: 'sequential' | 'threads' | 'async',
	options = {},
): Promise<readonly Outcome[]> {
	const targets = CODES.map((id, index) => {
		const cc = id.toLowerCase();
		return { id, index, url: `${server.url}/flags/${cc}/${cc}.gif`, dest: `${folder}/${cc}.gif` };
	});
	const outcomes = await collect(
		strategies[name](targets, {
			options: { ...DEFAULT_OPTIONS, caCertificates: server.ca, ...options },
			concurrency: 4,
			threads: 2,
			signal: new AbortController().signal,
		}),
	);
	return outcomes.toSorted((a, b) => a.target.index - b.target.index);
}

const LOCAL = ['sequential', 'threads', 'async'] as const;

describe('a server of HTTPS', () => {
	itWithFolder.for(LOCAL)('is downloaded from by %s', async (name, { folder }) => {
		const server = await start();
		const outcomes = await download(server, folder, name);
		expect(outcomes.map(({ status }) => status)).toEqual(CODES.map(() => 'ok'));
		expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
	});

	itWithFolder.for(
		(['expired', 'wrong-host', 'untrusted'] as const).flatMap((certificate) =>
			LOCAL.map((name) => [certificate, name] as const),
		),
	)(
		'whose certificate is %s: %s ends as planned, and no request arrives',
		async ([certificate, name], { folder }) => {
			const server = await start({ tls: { certificate } });
			const plan = await server.plan({ retries: 3 }, CODES);
			const outcomes = await download(server, folder, name);
			expect(
				outcomes.map(({ status, requests, failure }) => [status, requests, failure?.code]),
			).toEqual(plan.targets.map(({ status, requests, code }) => [status, requests, code]));
			expect(plan.bounds).toEqual({ requests: { min: 0, max: 0 }, ok: { min: 0, max: 0 } });
			expect(server.summary().requests).toBe(0);
		},
	);

	itWithFolder('convicts a client that does not look at the certificate', async ({ folder }) => {
		const server = await start({ tls: { certificate: 'expired' } });
		await download(server, folder, 'async', { insecure: true });
		expect(server.summary().requests).toBe(CODES.length);
	});

	itWithFolder.for(LOCAL)(
		'that resets handshakes: %s recovers within the bounds',
		async (name, { folder }) => {
			const server = await start({ tls: { reset: 2 } });
			const { bounds, dependsOn } = await server.plan({ retries: 3 }, CODES);
			const outcomes = await download(server, folder, name);
			const ok = outcomes.filter(({ status }) => status === 'ok').length;
			expect(dependsOn.map(({ pointer }) => pointer)).toEqual(['/tls/reset']);
			expect(bounds).toEqual({ requests: { min: 2, max: 4 }, ok: { min: 2, max: 4 } });
			expect(ok).toBe(4);
			expect(server.summary().requests).toBe(4);
		},
	);

	itWithFolder.for(['reset', 'close', 'truncate'] as const)(
		'plays the fault %s',
		async (type, { folder }) => {
			const rules = [{ id: 'once', attempts: '1', then: { type } }];
			const server = await start({ rules });
			const outcomes = await download(server, folder, 'async');
			expect(outcomes.map(({ status, requests }) => [status, requests])).toEqual(
				CODES.map(() => ['ok', 2]),
			);
		},
	);

	it('resets with a real RST', async () => {
		const then = { type: 'reset', at: { fraction: 0.5 } };
		const server = await start({ rules: [{ id: 'reset', then }] });
		const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
			httpsGet(`${server.url}/flags/br/br.gif`, { ca: server.ca }, (response) => {
				response.resume().on('error', resolve);
			}).on('error', resolve);
		});
		expect(error.code).toBe('ECONNRESET');
	});

	it('closes at once while a client has not finished its handshake', async () => {
		const server = await start();
		const socket = connect(server.port, '127.0.0.1');
		await new Promise((resolve) => socket.once('connect', resolve));
		const closed = new Promise((resolve) => socket.once('close', resolve));
		await server.close();
		await closed;
	});
});

it('a plan without a socket says the same', () => {
	const scenario = parseScenario({ version: 1, tls: { certificate: 'expired' } });
	const { totals, requests, targets } = planRun(scenario, ['br'], { retries: 3 });
	expect([totals.error, requests, targets[0]?.code]).toEqual([1, 0, 'CERT_HAS_EXPIRED']);
});
