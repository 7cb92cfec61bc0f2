import { join } from 'node:path';
import type { StateFile } from '../../download/disk/state-file.ts';
import type { WarningEvent } from '../../events/run-event.ts';
import { STRATEGIES } from '../../strategies/names.ts';
import { STATE_FILE } from '../../targets/safe-path.ts';
import { plural } from '../../util/units.ts';
import type { GetFlags } from './flags.ts';
import type { Prepared } from './prepare.ts';
import { Stopped } from './stop.ts';

/** What should be known before the first request. */
export function warningsOf(
	flags: GetFlags,
	{ checked }: Prepared,
	state: StateFile | undefined,
): readonly WarningEvent[] {
	const warnings: WarningEvent[] = [];
	const warn = (code: string, message: string) => warnings.push({ type: 'warning', code, message });

	if (flags.insecure === true) {
		warn('insecure', 'certificates are not checked (--insecure): anything on the way can answer');
	}
	if (state?.warning !== undefined) {
		warn('state_unusable', state.warning);
	}
	if (flags.checksums !== undefined && checked.checksums < checked.count) {
		const left = checked.count - checked.checksums;
		warn(
			'no_checksum',
			`${left} of ${checked.count} targets have no digest in ${flags.checksums} and are not compared`,
		);
	}
	if (
		!STRATEGIES[flags.strategy].concurrent &&
		flags.verbose === true &&
		flags.concurrency !== undefined
	) {
		warn(
			'concurrency_ignored',
			`${flags.strategy} has one request in flight, whatever --concurrency says`,
		);
	}
	if (flags.strategy === 'queue' && (flags.concurrency ?? flags.threads) !== undefined) {
		warn(
			'concurrency_ignored',
			'each worker has its own --concurrency and --threads; what is given here is ignored',
		);
	}
	return warnings;
}

/** Why a run was stopped, if it was, and what the next one will have of it. */
export function noticesOf(
	flags: GetFlags,
	signal: AbortSignal,
	state: StateFile | undefined,
): readonly WarningEvent[] {
	if (!signal.aborted) {
		return firstUpdate(flags, state);
	}
	const { message } = signal.reason as Error;
	const code = signal.reason instanceof Stopped ? signal.reason.code : 'interrupted';
	return [{ type: 'warning', code, message }];
}

/** An update that had nothing to ask with has fetched all of it. */
function firstUpdate(
	{ ifExists, quiet, outputDir }: GetFlags,
	state: StateFile | undefined,
): readonly WarningEvent[] {
	const files = state?.firstRecorded ?? 0;
	if (ifExists !== 'update' || quiet === true || files === 0) {
		return [];
	}
	const message = `the state of ${plural(files, 'file')} is in ${join(outputDir, STATE_FILE)}: the next --if-exists update asks only for what has changed (a first run with --state is remembered, too)`;
	return [{ type: 'warning', code: 'state_begun', message }];
}
