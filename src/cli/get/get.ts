import { emptySum } from '../../events/run-event.ts';
import { codeOfError, EXIT, type ExitCode } from '../exit-code.ts';
import { lacksPassword, withPassword } from '../identity/user.ts';
import type { Io } from '../io.ts';
import type { CommandLine } from './continuation.ts';
import { printPlan } from './dry-run.ts';
import { execute } from './execute.ts';
import type { GetFlags } from './options.ts';
import { type Prepared, prepare } from './prepare.ts';
import { openEvents, startWaiting } from './reporters.ts';
import { measureCost } from './resource-usage.ts';

/**
 * `flagdl get`: checks what was asked for, then downloads it.
 *
 * @throws {UsageError} Before the first request.
 * @throws {CannotRunError} When the output directory cannot be written to, or the bundled server
 *   could not be started.
 * @throws {Interrupted} When it was interrupted before the first request.
 */
export async function get(
	args: readonly string[],
	options: GetFlags,
	io: Io,
	given: CommandLine['given'],
): Promise<ExitCode> {
	const { user, dryRun } = options;
	// A password is asked for before anything else is shown.
	const isAsked = lacksPassword(user) && dryRun !== true;
	const flags = isAsked ? { ...options, user: await withPassword(user, io) } : options;
	const waiting = startWaiting(flags, io);
	const events = openEvents(flags, io);
	let prepared: Prepared | undefined;

	try {
		prepared = await prepare(args, flags, io);
		if (flags.dryRun === true) {
			await waiting.stop();
			await printPlan(prepared, flags, io);
			return EXIT.ok;
		}
		return await execute({ flags, io, commandLine: { given, args }, prepared, waiting, events });
	} catch (error) {
		if (events.begun) {
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
		await waiting.stop();
		await prepared?.close();
	}
}
