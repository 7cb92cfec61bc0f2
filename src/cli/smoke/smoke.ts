import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { reportKindOf } from '../../reporters/files/report-kinds.ts';
import type { Host } from '../../smoke/client/run-command.ts';
import { runCommand } from '../../smoke/client/run-command.ts';
import { jsonEvents, REPORT_KINDS } from '../../smoke/report/kinds.ts';
import { textReport } from '../../smoke/report/text.ts';
import type { SmokeReport } from '../../smoke/results.ts';
import { UsageError } from '../../util/errors.ts';
import { codeOfEnding, EXIT, type ExitCode } from '../exit-code.ts';
import { type Io, paintFor } from '../io.ts';
import { readThresholds } from '../options/thresholds.ts';
import {
	openReportFiles,
	outputFiles,
	type ReportFiles,
	type WantedReport,
} from '../report-files.ts';
import type { SmokeFlags } from './command.ts';
import { Events, endOf, makeRuns } from './make-all-runs.ts';
import { RunProgress } from './progress.ts';
import type { Field } from './run-set.ts';
import { openPlannedField, openServerField } from './runs.ts';

const BIN = fileURLToPath(new URL('../../../bin/flagdl.js', import.meta.url));

/**
 * `flagdl smoke`: serve, download and check.
 *
 * @throws {UsageError} Before the first request.
 * @throws {ReportError} If a report cannot be written.
 * @throws {CannotRunError} If a server could not be started, or there is no directory to download to.
 */
export async function smoke(
	codes: readonly string[],
	flags: SmokeFlags,
	io: Io,
): Promise<ExitCode> {
	io.removeTimeLimit?.();
	const stream = flags.json === true ? io.stderr : io.stdout;
	const paint = await paintFor(stream, io.env);
	const output = new RunProgress(stream, paint, io.env);
	const events = new Events([
		textReport(output, paint, () => (stream.isTTY === true ? stream.columns || 80 : Infinity)),
		...(flags.json === true ? [jsonEvents(io.stdout)] : []),
	]);
	let reports: ReportFiles<[SmokeReport]> | undefined;

	try {
		const host = { node: process.execPath, bin: BIN, env: io.env };
		const wanted = await reportsIn(flags, io.cwd);
		const field = await openField(codes, flags, io.cwd, host);
		const thresholds = readThresholds(flags, io.cwd, {
			command: 'flagdl smoke',
			metrics: field.offer,
			runs: field.runs.map(({ labels }) => labels),
		});
		if (field.rehearsal !== undefined) {
			await rehearse(field.rehearsal, host, io.interrupted);
		}
		reports = openReportFiles(wanted, io.interrupted);
		return await makeRuns({ field, thresholds, host, io, events, reports, output });
	} catch (error) {
		// The last event is always `run.end`.
		const nothing = { results: [], judgements: [], planned: 0, wallMs: 0 };
		if (!events.ended) {
			events.emit(endOf({ ...nothing, exitCode: codeOfEnding(error, io.interrupted) }));
		}
		throw error;
	} finally {
		reports?.discard();
	}
}

/** @throws {UsageError} If one has an unknown extension, or the file of another or of an input. */
async function reportsIn(
	{ junit, report, input, checksums, scenario, thresholdFile }: SmokeFlags,
	cwd: string,
): Promise<readonly WantedReport<[SmokeReport]>[]> {
	const inputs = {
		...{ '--input': input, '--checksums': checksums },
		...{ '--scenario': scenario, '--threshold-file': thresholdFile },
	};
	return await Promise.all(
		outputFiles({ '--junit': junit, '--report': report }, inputs, cwd).map(
			async ({ option, given, path }) => {
				const kind =
					option === '--junit' ? REPORT_KINDS['.xml'] : reportKindOf(REPORT_KINDS, given);
				return { path, render: await kind.load() };
			},
		),
	);
}

/**
 * Selects what is tested: flagdl or other clients against scenarios, or a server by flagdl.
 *
 * @throws {UsageError} If options contradict each other, or one is invalid.
 */
async function openField(
	codes: readonly string[],
	flags: SmokeFlags,
	cwd: string,
	host: Host,
): Promise<Field> {
	const given = (...names: readonly (keyof SmokeFlags)[]) =>
		names.filter((name) => isGiven(flags[name])).map((name) => `--${name}`);
	const far = given('server', 'template', 'input', 'checksums');
	const near = given('scenario', 'client', 'seed', 'root', 'tls');

	if (far.length > 0 && near.length > 0) {
		throw new UsageError(
			`${far.join(' and ')} ${far.length === 1 ? 'is' : 'are'} for a server of your own, ${near.join(' and ')} for the bundled one; drop one of them`,
		);
	}
	if (far.length === 1 && far[0] === '--checksums') {
		throw new UsageError('--checksums is for a server of your own; give --server, too');
	}
	if (flags.input.includes('-')) {
		throw new UsageError(
			'--input: each run reads the list, and standard input only the first; give a file',
		);
	}
	if (flags.client.length > 0 && flags.strategies !== undefined) {
		throw new UsageError('--client and --strategies contradict each other; give one of them');
	}
	return far.length > 0
		? openServerField(codes, flags, cwd, host)
		: await openPlannedField(codes, flags, cwd, host);
}

function isGiven(value: unknown): boolean {
	return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

const TIMEOUT_MS = 60_000;

/**
 * Lets `flagdl get` validate its arguments before the first request.
 *
 * @throws {UsageError} With the message of `flagdl get`.
 */
async function rehearse(args: readonly string[], host: Host, signal: AbortSignal): Promise<void> {
	const { code, lastOutput } = await runCommand({
		argv: [host.node, host.bin, 'get', '--dry-run', ...args],
		cwd: tmpdir(),
		env: host.env,
		timeoutMs: TIMEOUT_MS,
		signal,
		onStdout() {},
	});
	if (code === EXIT.usage) {
		throw new UsageError(lastOutput.replace(/^flagdl: /, '').replace(/\n?See flagdl .*$/s, ''));
	}
}
