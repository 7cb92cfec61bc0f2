// The bench must find a strategy that is slowed by 5 % to be slower, with an interval that excludes 1.
//
//   npm run bench:slowed [tries] [slots]          (needs a build)
//
// Both are `flagdl get --strategy async`; a preloaded script delays each request of one of them
// by 5 ms, to a server that responds after 100 ms. With few slots a run is long and its noise small.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runExperiment } from '../../dist/bench/experiment/experiment.js';
import { startServer } from '../../dist/bench/experiment/server-process.js';
import { strategyContestant } from '../../dist/bench/experiment/strategy.js';
import { pairs } from '../../dist/bench/results.js';
import { flagCodes, flagPath } from '../../dist/scenarios/served-files.js';
import { pairedRatio } from '../../dist/statistics/paired-ratio.js';

const TRIES = Number(process.argv[2] ?? 3);
const LATENCY_MS = 100;
const SLOW_MS = 5;
const SLOTS = Number(process.argv[3] ?? 1);
const ROUNDS = 7;
const FILES = Math.min(249, 60 * SLOTS);

const folder = mkdtempSync(join(tmpdir(), 'flagdl-slowed-'));
const scenario = join(folder, 'constant.json');
writeFileSync(
	scenario,
	JSON.stringify({ version: 1, name: 'constant', description: '', latency: `${LATENCY_MS}ms` }),
);
const flagdl = {
	node: process.execPath,
	bin: fileURLToPath(new URL('../../bin/flagdl.js', import.meta.url)),
	env: { ...process.env, SLOW_MS: String(SLOW_MS) },
};
const contestant = (name, nodeArgs) =>
	strategyContestant({
		flagdl,
		strategy: 'async',
		name,
		nodeArgs,
		concurrencies: [SLOTS],
		seed: 1,
		threads: 1,
	});
const preload = new URL('./slow-requests.mjs', import.meta.url).href;

let found = 0;
try {
	for (let number = 1; number <= TRIES; number += 1) {
		const { ratio, interval, longer, rounds } = await attempt(number);
		const excludes = interval.low > 1;
		found += excludes ? 1 : 0;
		console.log(
			`try ${number}: ${ratio.toFixed(3)} × as long, 95 % interval ${interval.low.toFixed(3)}–${interval.high.toFixed(3)}, longer in ${longer} of ${rounds} rounds: ${excludes ? 'found' : 'NOT FOUND'} (load ${loadavg()[0].toFixed(1)})`,
		);
	}
} finally {
	rmSync(folder, { recursive: true });
}
console.log(`found slower in ${found} of ${TRIES} tries`);
process.exitCode = found === TRIES ? 0 : 1;

async function attempt(seed) {
	const server = await startServer(flagdl, { scenario, seed: 1, cwd: folder });
	try {
		const targets = flagCodes()
			.slice(0, FILES)
			.map((code) => ({ id: code, url: server.url + flagPath(code), name: `${code}.gif` }));
		const { runs } = await runExperiment({
			contestants: [contestant('async', []), contestant('slowed', ['--import', preload])],
			targets,
			rounds: ROUNDS,
			seed,
			server,
			expected: new Map(),
			undetectable: new Set(),
			signal: new AbortController().signal,
			onProgress() {},
		});
		return pairedRatio(pairs({ runs }, `slowed@${SLOTS}`, `async@${SLOTS}`, 'wallMs'));
	} finally {
		await server.stop();
	}
}
