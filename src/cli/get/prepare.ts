import { resolve } from 'node:path';
import { type CheckedTargets, checkTargets } from '../../targets/check-targets.ts';
import { readChecksums } from '../../targets/checksums.ts';
import type { Source } from '../../targets/entry.ts';
import { parseMirror } from '../../targets/flag-urls.ts';
import { outputTemplate } from '../../targets/output-template.ts';
import type { Plan } from '../../targets/resolve-target.ts';
import { UsageError } from '../../util/errors.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Io } from '../io.ts';
import type { FlagOrigin } from './flag-origin.ts';
import { named } from './named.ts';
import { openInput } from './open-input.ts';
import { openOrigin } from './open-origin.ts';
import { checkReports } from './open-reports.ts';
import { openSource } from './open-source.ts';
import { queueOptions } from './queue-options.ts';

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
		mirrors: mirror.map((text) => named('--mirror', () => parseMirror(text))),
		output: output === undefined ? undefined : named('--output', () => outputTemplate(output)),
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
