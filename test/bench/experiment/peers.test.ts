import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeLists } from '../../../src/bench/experiment/contestant.ts';
import { checkFiles } from '../../../src/bench/experiment/judge.ts';
import { PEERS, type PeerName, peerContestant } from '../../../src/bench/experiment/peers.ts';
import { flagPath } from '../../../src/scenarios/served-files.ts';
import { startFlagServer } from '../../../src/server/start-flag-server.ts';
import { runProgram } from '../../../src/util/child-process.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const CODES = ['br', 'cn', 'in', 'us', 'id', 'ng'];

function isHere(program: string): boolean {
	try {
		execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
		return true;
	} catch {
		return false;
	}
}

describe.each(Object.keys(PEERS) as PeerName[])('%s', (peer) => {
	it.skipIf(!PEERS[peer].programs.every(isHere))(
		'fetches the same list, with as many requests in flight as it is allowed',
		async () => {
			const folder = await temporaryFolder();
			const server = await startFlagServer({
				scenario: {
					name: 'slow',
					description: '',
					seed: 1,
					latency: { dist: 'constant', ms: 300 },
					limits: {},
					rules: [],
				},
			});
			onTestFinished(async () => await server.close());
			const targets = CODES.map((code) => ({
				id: code,
				url: server.url + flagPath(code),
				name: `a b/${code}.gif`,
			}));
			const contestant = peerContestant(peer, PEERS[peer].programs[0] ?? '', {
				concurrencies: [3],
				env: { ...process.env, no_proxy: '127.0.0.1' },
			});
			await mkdir(join(folder, 'lists'));
			const outputDir = await mkdtemp(join(folder, 'out-'));
			const lists = writeLists(join(folder, 'lists'), targets);

			const end = await runProgram(
				contestant.command({ concurrency: 3, outputDir, lists }),
				() => {},
				new AbortController().signal,
			);

			expect(end).toMatchObject({ exitCode: 0 });
			const files = await checkFiles(outputDir, targets, new Map(), contestant);
			expect(files.present).toBe(CODES.length);
			const { requests, maxInFlight } = server.summary();
			expect([requests, maxInFlight]).toEqual([CODES.length, 3]);
		},
	);
});
