import { once } from 'node:events';
import { relative } from 'node:path';
import { emptySum } from '../../events/run-event.ts';
import { DIGEST_ALGORITHMS } from '../../targets/digests.ts';
import { streamTargets } from '../../targets/resolve-target.ts';
import type { Target } from '../../targets/target.ts';
import { CannotRunError, UsageError } from '../../util/errors.ts';
import { jsonText, printable } from '../../util/text.ts';
import { codeOfError, EXIT, type ExitCode } from '../exit-code.ts';
import { lacksPassword, withPassword } from '../identity/user.ts';
import type { Io } from '../io.ts';
import type { CommandLine } from './continuation.ts';
import { openStop, type Stop, Stopped } from './ending.ts';
import { execute, optionsOf } from './execute.ts';
import type { GetFlags } from './options.ts';
import { type Prepared, prepare } from './prepare.ts';
import { openEvents, startSpinner } from './reporters.ts';
import { measureCost } from './resource-usage.ts';

/**
 * `flagdl get`: checks all targets, then downloads them.
 *
 * @throws {UsageError} Before the first request.
 * @throws {CannotRunError} If the output directory cannot be written to, or the bundled server cannot be
 *   started.
 * @throws {Interrupted} If interrupted before the first request.
 */
export async function get(
	args: readonly string[],
	options: GetFlags,
	io: Io,
	given: CommandLine['given'],
): Promise<ExitCode> {
	const { user, dryRun } = options;
	const events = openEvents(options, io);
	let spinner: ReturnType<typeof startSpinner> | undefined;
	let prepared: Prepared | undefined;
	let stop: Stop | undefined;

	try {
		// Prompt for the password before anything else is shown.
		const needsPassword = lacksPassword(user) && dryRun !== true;
		const flags = needsPassword ? { ...options, user: await withPassword(user, io) } : options;
		spinner = startSpinner(flags, io);
		stop = openStop(flags, io.interrupted);
		prepared = await prepareInTime(args, flags, io, stop);
		if (flags.dryRun === true) {
			// Refuses the proxies and files that the run would refuse.
			optionsOf({ flags, io, prepared });
			await spinner.stop();
			await printPlan(prepared, flags, io);
			return EXIT.ok;
		}
		return await execute({
			flags,
			io,
			commandLine: { given, args },
			prepared,
			stop,
			spinner,
			events,
		});
	} catch (error) {
		if (events.hasStarted) {
			throw error;
		}

		const reason = io.interrupted.aborted ? (io.interrupted.reason as Error) : error;
		const exitCode = codeOfError(reason);
		events.on({
			type: 'run.end',
			...emptySum(),
			notStarted: 0,
			wallMs: 0,
			...measureCost()(),
			exitCode,
		});
		throw reason;
	} finally {
		stop?.close();
		await spinner?.stop();
		await prepared?.close();
	}
}

/**
 * `--deadline` ends the reading of targets, too: a pipe may stay open forever.
 *
 * @throws {CannotRunError}
 */
async function prepareInTime(
	args: readonly string[],
	flags: GetFlags,
	io: Io,
	{ signal }: Stop,
): Promise<Prepared> {
	try {
		return await prepare(args, flags, { ...io, interrupted: signal });
	} catch (error) {
		const isLate = signal.reason instanceof Stopped && !(error instanceof UsageError);
		throw isLate
			? new CannotRunError(`${signal.reason.message}, before all targets were read`)
			: error;
	}
}

/** Characters of a dry run per write: a write for each of a million lines takes more time than all the rest. */
const BLOCK_LENGTH = 64 * 1024;

/**
 * `--dry-run`: prints a line for each target, `<url> -> <path>`, or a JSON object. Port 0 stands for the port of
 * the bundled server. Stops early if the reader of the output has gone.
 */
async function printPlan(
	{ source, plan }: Prepared,
	{ limit, json, output }: GetFlags,
	{ stdout, cwd, interrupted }: Io,
): Promise<void> {
	const reader = { closed: false };
	stdout.once('error', () => {
		reader.closed = true;
	});

	let block = '';
	const writeBlock = async () => {
		const drained = stdout.write(block);
		block = '';
		if (!drained) {
			await once(stdout, 'drain', { signal: interrupted }).catch(() => {});
		}
	};
	for await (const target of streamTargets(source, plan, limit)) {
		interrupted.throwIfAborted();
		const shown = output === '-' ? { ...target, dest: '-' } : target;
		block += `${json === true ? jsonLine(shown) : textLine(shown, cwd)}\n`;
		if (block.length >= BLOCK_LENGTH) {
			await writeBlock();
			if (reader.closed) {
				return;
			}
		}
	}
	await writeBlock();
}

function textLine(target: Target, cwd: string): string {
	const { url, dest, naming, mirrors = [] } = target;
	const path =
		naming === undefined
			? relative(cwd, dest)
			: `${relative(cwd, naming.directory)}/<name>${naming.extension}`;
	const notes = [
		...mirrors.map((mirror) => `or ${mirror}`),
		...DIGEST_ALGORITHMS.flatMap((name) => (target[name] ? [`${name} ${target[name]}`] : [])),
	];
	return printable([`${shownUrl(url)} -> ${path}`, ...notes].join('  '));
}

/** Omits members that may contain secrets. */
function jsonLine({ naming, credentials: _, headers: __, ...target }: Target): string {
	return jsonText({
		...target,
		url: shownUrl(target.url),
		...(naming?.metadataUrl !== undefined && { metadataUrl: shownUrl(naming.metadataUrl) }),
	});
}

/** The port of the bundled server is unknown until it listens. */
function shownUrl(url: string): string {
	return url.replace(/^(https?:\/\/127\.0\.0\.1):0\//, '$1:<port>/');
}
