import { randomBytes } from 'node:crypto';
import { constants, lstatSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { QueueOptions } from '../../strategies/queue/options.ts';
import { NAME } from '../../strategies/queue/redis/keys.ts';
import { type CheckedTargets, checkTargets } from '../../targets/check-targets.ts';
import { readChecksums } from '../../targets/checksums.ts';
import type { Source } from '../../targets/entry.ts';
import { parseMirror } from '../../targets/flag-urls.ts';
import { outputTemplate } from '../../targets/output-template.ts';
import type { Plan } from '../../targets/resolve-target.ts';
import { RESERVED_DIRECTORY } from '../../targets/safe-path.ts';
import { makeDirectory } from '../../util/directories.ts';
import { CannotRunError, systemReason, UsageError } from '../../util/errors.ts';
import { quote } from '../../util/text.ts';
import type { Io } from '../io.ts';
import { queuePrefix, redisAddress } from '../redis-settings.ts';
import { withOptionName } from '../with-option-name.ts';
import type { GetFlags } from './flags.ts';
import { type FlagOrigin, openOrigin } from './origin.ts';
import { checkReports } from './reporters.ts';
import { openInput, openSource } from './sources.ts';

/** A run that has been checked and has not begun. */
export interface Prepared {
	readonly source: Source;
	readonly checked: CheckedTargets;
	readonly origin: FlagOrigin;
	/** With the URLs of the origin's preview. */
	readonly plan: Plan;
	/** Where the targets go to other machines. */
	readonly queue: ReturnType<typeof queueOptions>;
	/** Ends the bundled server, and removes what was written down. */
	close(): Promise<void>;
}

/**
 * Reads everything that was asked for, once, and finds what is wrong with it.
 *
 * @throws {UsageError}
 */
export async function prepare(args: readonly string[], flags: GetFlags, io: Io): Promise<Prepared> {
	checkReports(flags);
	const queue = queueOptions(flags, io.env);
	const plan = await planOf(flags, io);
	const { source, name, close } = await openSource(args, flags, io);
	const closeAll = async () => {
		await Promise.all([close(), plan.origin.stop()]);
	};

	try {
		// What comes from the arguments alone nearly always has codes, and the server takes a while.
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
				`--input: found no target in ${name}; allowed: at least one line with a code or a URL`,
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

async function planOf(flags: GetFlags, io: Io): Promise<Plan & { readonly origin: FlagOrigin }> {
	const { output, withNames, checksums, mirror } = flags;
	if (output !== undefined && withNames === true) {
		throw new UsageError('--with-names and --output contradict each other; give one of them');
	}

	const origin = await openOrigin(flags, io.cwd);
	return {
		origin,
		flags: origin.preview,
		mirrors: mirror.map((text) => withOptionName('--mirror', () => parseMirror(text))),
		output:
			output === undefined ? undefined : withOptionName('--output', () => outputTemplate(output)),
		outputDir: resolve(io.cwd, flags.outputDir),
		withNames: withNames ?? false,
		checksums: checksums === undefined ? undefined : await checksumsOf(checksums, io),
	};
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
 * Creates the output directory, and makes sure that it can be written to.
 *
 * @param asGiven - What messages call it.
 * @throws {CannotRunError}
 */
export async function prepareDirectory(path: string, asGiven: string): Promise<void> {
	try {
		makeDirectory(path);
		await access(path, constants.W_OK | constants.X_OK);
	} catch (error) {
		throw new CannotRunError(
			`cannot write to the output directory ${asGiven}: ${systemReason(error)}; give another one with -d`,
			{ cause: error },
		);
	}
	const reserved = lstatSync(join(path, RESERVED_DIRECTORY), { throwIfNoEntry: false });
	if (reserved?.isDirectory() === false) {
		throw new CannotRunError(
			`cannot write to the output directory ${asGiven}: ${RESERVED_DIRECTORY} in it is no directory, and files are kept there until they are whole; remove it, or give another directory with -d`,
		);
	}
}

const DEFAULT_SHARD_SIZE = 500;
/** The name of a run is its identifier and some more. */
const RUN_ID_MAX_LENGTH = 64;

/**
 * Reads `--redis`, `--queue-prefix`, `--shard-size` and `--run-id`.
 *
 * @returns Undefined where the run stays on this machine.
 * @throws {UsageError} When they are not what they should be, or there is no queue to use them.
 */
export function queueOptions(
	flags: GetFlags,
	env: Io['env'],
): Omit<QueueOptions, 'outputDir' | 'warn'> | undefined {
	const { redis, shardSize, runId } = flags;
	if (flags.strategy !== 'queue') {
		const given = Object.entries({ redis, 'shard-size': shardSize, 'run-id': runId });
		for (const [name, value] of given) {
			if (value !== undefined) {
				throw new UsageError(`--${name} is for --strategy queue; give both, or none`);
			}
		}
		return undefined;
	}

	return {
		redis: redisAddress(redis, env),
		prefix: queuePrefix(flags.queuePrefix),
		shardSize: shardSize ?? DEFAULT_SHARD_SIZE,
		runId: runId === undefined ? newRunId() : checkedRunId(runId),
	};
}

function checkedRunId(runId: string): string {
	if (NAME.test(runId) && runId.length <= RUN_ID_MAX_LENGTH) {
		return runId;
	}
	throw new UsageError(
		`--run-id: found ${quote(runId)}; allowed: letters, digits, dots, dashes and underscores, ${RUN_ID_MAX_LENGTH} at most`,
	);
}

/** To be recognised by the day. */
function newRunId(): string {
	const day = new Date().toISOString().slice(0, 10);
	return `${day}-${randomBytes(3).toString('hex')}`;
}
