import { randomBytes } from 'node:crypto';
import { constants, lstatSync } from 'node:fs';
import { access, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { QueueOptions } from '../../strategies/queue/options.ts';
import { type CheckedTargets, checkTargets } from '../../targets/check-targets.ts';
import { readChecksums } from '../../targets/checksums.ts';
import type { Source } from '../../targets/entry.ts';
import { parseMirror } from '../../targets/flag-urls.ts';
import { outputTemplate } from '../../targets/output-template.ts';
import type { Plan } from '../../targets/resolve-target.ts';
import { RESERVED_DIRECTORY } from '../../targets/safe-path.ts';
import { makeDirectory, makeTemporaryDirectory } from '../../util/directories.ts';
import { CannotRunError, isCode, systemReason, UsageError } from '../../util/errors.ts';
import { present } from '../../util/members.ts';
import { explainInput } from '../../util/suggest.ts';
import type { Io } from '../io.ts';
import { withOptionName } from '../options/option.ts';
import { parseName, queueKey, queuePrefix, redisAddress } from '../redis-settings.ts';
import type { GetFlags } from './options.ts';
import { type FlagOrigin, openOrigin } from './origin.ts';
import { checkReports } from './reports.ts';
import { openInput, openSource } from './sources.ts';

/** A run that has been checked but not started. */
export interface Prepared {
	readonly source: Source;
	readonly checked: CheckedTargets;
	readonly origin: FlagOrigin;
	/** Uses the preview URLs of the origin. */
	readonly plan: Plan;
	/** Set if the targets are sent to workers. */
	readonly queue: ReturnType<typeof queueOptions>;
	/** Stops the bundled server, and removes temporary files. */
	close(): Promise<void>;
}

/**
 * Reads all options and entries once, and validates them.
 *
 * @throws {UsageError}
 */
export async function prepare(args: readonly string[], flags: GetFlags, io: Io): Promise<Prepared> {
	const taken = checkReports(flags, io.cwd);
	refuseRemoteName(flags);
	refuseStandardOutput(flags);
	const queue = queueOptions(flags, io.env);
	const plan = { ...(await planOf(flags, io)), taken };
	const { source, name, close } = await openSource(args, flags, io).catch(
		async (error: unknown) => {
			await plan.removeSpooled();
			throw error;
		},
	);
	const closeAll = async () => {
		await Promise.all([close(), plan.origin.stop(), plan.removeSpooled()]);
	};

	try {
		// Arguments alone nearly always contain codes, and starting the server takes a while.
		if (
			flags.input.length === 0 &&
			flags.dryRun !== true &&
			args.every((arg) => !arg.includes(':'))
		) {
			plan.origin.start();
		}
		const checked = await checkTargets(source, plan, flags.limit, io.interrupted);
		if (checked.count === 0) {
			throw new UsageError(
				`--input: ${explainInput(`no target in ${name}`, 'at least one line with a code or a URL')}`,
			);
		}
		if (isStandardOutput(flags) && checked.count > 1) {
			throw new UsageError(
				`--output: - is standard output, which has room for one target; found ${checked.count}; give -l 1, or a template such as {basename}`,
			);
		}
		if (flags.checksums !== undefined && checked.checksums === 0) {
			throw new UsageError(
				`--checksums: found no target (of ${checked.count}) in ${flags.checksums}; its names must be those of the files, or their paths below the output directory`,
			);
		}
		return { source, checked, origin: plan.origin, plan, queue, close: closeAll };
	} catch (error) {
		await closeAll();
		throw error;
	}
}

/** `-o -`: the one file is spooled, checked, then written there. */
export function isStandardOutput({ output }: GetFlags): boolean {
	return output === '-';
}

interface PlanWithOrigin extends Plan {
	readonly origin: FlagOrigin;
	/** Removes the file spooled for standard output. */
	removeSpooled(): Promise<void>;
}

async function planOf(flags: GetFlags, io: Io): Promise<PlanWithOrigin> {
	const { output, withNames, checksums, mirror } = flags;
	if (output !== undefined && withNames === true) {
		throw new UsageError('--with-names and --output contradict each other; give one of them');
	}

	const origin = await openOrigin(flags, io.cwd);
	const template = output === undefined || isStandardOutput(flags) ? undefined : output;
	const parsed = template && withOptionName('--output', () => outputTemplate(template));
	const mirrors = mirror.map((text) => withOptionName('--mirror', () => parseMirror(text)));
	const found = checksums === undefined ? undefined : await checksumsOf(checksums, io);
	const spooled = isStandardOutput(flags) ? await makeTemporaryDirectory('flagdl-') : undefined;
	return {
		origin,
		async removeSpooled() {
			if (spooled !== undefined) {
				await rm(spooled, { recursive: true, force: true });
			}
		},
		flags: origin.preview,
		mirrors,
		output: parsed || undefined,
		outputDir: spooled ?? resolve(io.cwd, flags.outputDir),
		withNames: withNames ?? false,
		remoteNames: flags.remoteHeaderName === true && spooled === undefined,
		checksums: found,
	};
}

/** Refuses options that cannot be combined with content on standard output. */
function refuseStandardOutput(flags: GetFlags): void {
	if (!isStandardOutput(flags)) {
		return;
	}
	if (flags.json === true && flags.dryRun !== true) {
		throw new UsageError(
			'--output: - is standard output, where --json writes its events, too; drop one of them, or give --report events.ndjson',
		);
	}
	if (flags.strategy === 'queue') {
		throw new UsageError(
			'--output: - is standard output, and workers of --strategy queue save in their own directories; drop one of them',
		);
	}
}

/** Refuses options that need a file name before the response arrives. */
function refuseRemoteName(flags: GetFlags): void {
	const { remoteHeaderName, withNames, ifExists, strategy } = flags;
	const others = {
		'--with-names': withNames === true,
		'--if-exists update': ifExists === 'update',
		'--strategy queue': strategy === 'queue',
	};
	for (const [option, isGiven] of Object.entries(others)) {
		if (remoteHeaderName === true && isGiven) {
			throw new UsageError(
				`--remote-header-name: the name of a file is known when its response comes, and ${option} needs it before; drop one of them`,
			);
		}
	}
}

async function checksumsOf(file: string, io: Io): ReturnType<typeof readChecksums> {
	const { path, remove } = await openInput('--checksums', file, io);
	try {
		return await readChecksums(path, file);
	} catch (error) {
		if (error instanceof UsageError) {
			throw new UsageError(`--checksums: ${error.message}`, { cause: error });
		}
		throw error;
	} finally {
		await remove();
	}
}

/**
 * Creates the output directory, and checks that it is writable.
 *
 * @param asGiven - Name of the directory in messages.
 * @throws {CannotRunError}
 */
export async function prepareDirectory(path: string, asGiven: string): Promise<void> {
	try {
		makeDirectory(path);
		await access(path, constants.W_OK | constants.X_OK);
	} catch (error) {
		throw new CannotRunError(
			`cannot write to the output directory ${asGiven}: ${isCode(error, 'EEXIST') ? 'it is no directory' : systemReason(error)}; give another one with -d`,
			{ cause: error },
		);
	}
	const reserved = join(path, RESERVED_DIRECTORY);
	const found = lstatSync(reserved, { throwIfNoEntry: false });
	const isUsable = found?.isDirectory() === true && (await isWritable(reserved));
	if (found !== undefined && !isUsable) {
		throw new CannotRunError(
			`cannot write to the output directory ${asGiven}: ${RESERVED_DIRECTORY} in it is ${found.isDirectory() ? 'of another user' : 'no directory'}, and files are kept there until they are whole; remove it, or give another directory with -d`,
		);
	}
}

async function isWritable(directory: string): Promise<boolean> {
	return await access(directory, constants.W_OK | constants.X_OK).then(
		() => true,
		() => false,
	);
}

const DEFAULT_SHARD_SIZE = 100;

/**
 * Reads `--redis`, `--queue-prefix`, `--shard-size` and `--run-id`.
 *
 * @returns Undefined if the strategy is not `queue`.
 * @throws {UsageError} If they are invalid, or the strategy has no queue.
 */
export function queueOptions(
	flags: GetFlags,
	env: Io['env'],
): Omit<QueueOptions, 'outputDir' | 'warn' | 'total' | 'onWorkers'> | undefined {
	const { redis, shardSize, runId } = flags;
	if (flags.strategy !== 'queue') {
		const [given] = Object.keys(present({ redis, 'shard-size': shardSize, 'run-id': runId }));
		if (given !== undefined) {
			throw new UsageError(`--${given} is for --strategy queue; give both, or none`);
		}
		return undefined;
	}

	return {
		redis: redisAddress(redis, env),
		prefix: queuePrefix(flags.queuePrefix),
		key: queueKey(env),
		shardSize: shardSize ?? DEFAULT_SHARD_SIZE,
		runId: runId === undefined ? newRunId() : parseName('--run-id', runId),
	};
}

/** Starts with the date, to be recognisable. */
function newRunId(): string {
	const day = new Date().toISOString().slice(0, 10);
	return `${day}-${randomBytes(3).toString('hex')}`;
}
