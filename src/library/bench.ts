import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import type { Analysis } from '../bench/analysis/analysis.ts';
import type { Measured } from '../bench/results.ts';
import { closedObject, flag, listOf, text } from '../schema/shapes.ts';
import type { StrategyName } from '../strategies/names.ts';
import { makeTemporaryDirectory } from '../util/directories.ts';
import { abortSignal, check } from './settings.ts';

/** What to compare, on which files. Defaults are those of `flagdl bench`. */
export interface BenchSettings {
	/** Country codes, in any case.
	 * @defaultValue the first 120 */
	readonly codes?: readonly string[];
	/** @defaultValue the three that run on one machine */
	readonly strategies?: readonly StrategyName[];
	/** Numbers of requests in flight; each is measured as a cell of its own.
	 * @defaultValue 1, 8 and 32 */
	readonly concurrency?: readonly number[];
	/** Scenario of the server: the name of a bundled one, or a file.
	 * @defaultValue `clean` */
	readonly scenario?: string;
	/** A folder whose files are downloaded instead of flags; `codes` then names some of them. */
	readonly root?: string;
	/** Whether the server speaks HTTPS, with a certificate generated at startup.
	 * @defaultValue false */
	readonly tls?: boolean;
	/** Seed of the order, the faults and the back-off. */
	readonly seed?: number;
	/** Runs of each cell.
	 * @defaultValue 7 */
	readonly rounds?: number;
	/** Relative differences in time below this share count as none: 0.02. */
	readonly margin?: number;
	/** Aborts the bench. */
	readonly signal?: AbortSignal;
}

/** Every raw time, and the analysis. The schema is `flagdl/schemas/bench.schema.json`. */
export interface BenchResult extends Measured {
	readonly analysis: Analysis;
}

const aNumber = v.number('a number');

/** Only the types: `flagdl bench` checks the values. */
const SETTINGS = closedObject({
	codes: v.optional(listOf(text)),
	strategies: v.optional(listOf(text)),
	concurrency: v.optional(listOf(aNumber)),
	scenario: v.optional(text),
	root: v.optional(text),
	tls: v.optional(flag),
	seed: v.optional(aNumber),
	rounds: v.optional(aNumber),
	margin: v.optional(aNumber),
	signal: v.optional(abortSignal),
} satisfies Readonly<Record<keyof BenchSettings, v.GenericSchema>>);

const BIN = fileURLToPath(new URL('../../bin/flagdl.js', import.meta.url));
/** Far above the output of any bench. */
const MAX_OUTPUT_BYTES = 16 * 1024 ** 2;

/**
 * Compares the strategies on the same files. Runs `flagdl bench` in a child process, so that your program
 * does not influence the times.
 *
 * @throws {TypeError} If a setting is unknown or of another type; lists every problem.
 * @throws An error with the message of `flagdl bench` if a value is invalid, or the reason of `signal`.
 *
 * @example
 * ```ts
 * const { analysis } = await bench({ concurrency: [8], rounds: 3 });
 * for (const { cell, speedUp } of analysis.cells) console.log(cell.id, speedUp?.ratio);
 * ```
 */
export async function bench(settings: BenchSettings = {}): Promise<BenchResult> {
	check('settings', SETTINGS, settings);
	const folder = await makeTemporaryDirectory('flagdl-bench-result-');
	const file = join(folder, 'bench.json');
	try {
		await runBench(['--json', file, ...argumentsOf(settings)], settings.signal);
		return JSON.parse(await readFile(file, 'utf8')) as BenchResult;
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

function argumentsOf(settings: BenchSettings): string[] {
	const { codes = [], strategies, concurrency, tls, margin } = settings;
	return [
		...option('--strategies', strategies?.join(',')),
		...option('--concurrency', concurrency?.join(',')),
		...option('--scenario', settings.scenario),
		...option('--root', settings.root),
		...(tls === true ? ['--tls'] : []),
		...option('--seed', settings.seed),
		...option('--rounds', settings.rounds),
		...option('--margin', margin === undefined ? undefined : percentOf(margin)),
		'--',
		...codes,
	];
}

/** Removes floating-point noise: 0.07 is 7%. */
function percentOf(share: number): string {
	return `${Number((share * 100).toFixed(6))}%`;
}

function option(name: string, value: string | number | undefined): string[] {
	return value === undefined ? [] : [name, String(value)];
}

/** Exit code 1 means that a run failed; that is a result, not an error. */
async function runBench(args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
	signal?.throwIfAborted();
	await new Promise<void>((settle, fail) => {
		const options = { maxBuffer: MAX_OUTPUT_BYTES, killSignal: 'SIGTERM' as const };
		const child = execFile(execPath, [BIN, 'bench', ...args], options, (error, _stdout, stderr) => {
			signal?.removeEventListener('abort', stop);
			if (signal?.aborted === true) {
				fail(signal.reason as Error);
			} else if (error === null || error.code === 1) {
				settle();
			} else {
				fail(new Error(stderr.trim() || error.message, { cause: error }));
			}
		});
		const stop = () => child.kill('SIGTERM');
		signal?.addEventListener('abort', stop, { once: true });
	});
}
