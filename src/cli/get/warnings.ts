import { join } from 'node:path';
import type { StateFile } from '../../download/disk/state-file.ts';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../download/options.ts';
import type { WarningEvent } from '../../events/run-event.ts';
import { STRATEGIES } from '../../strategies/names.ts';
import { STATE_FILE } from '../../targets/safe-path.ts';
import { plural } from '../../util/units.ts';
import { Stopped } from './ending.ts';
import type { GetFlags } from './options.ts';
import { isStandardOutput, type Prepared } from './prepare.ts';

/**
 * What should be known before the first request.
 *
 * @param secrets - What will be in Redis without a key of its own.
 */
export function warningsOf(
	flags: GetFlags,
	{ checked }: Prepared,
	state: StateFile | undefined,
	options: DownloadOptions,
	secrets: readonly string[],
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
	if (secrets.length > 0) {
		warn(
			'common_key',
			`${secrets.join(', ')} will be in Redis, sealed with a key that everyone has; set FLAGDL_QUEUE_KEY to the same secret for get and its workers (openssl rand -base64 32)`,
		);
	}
	for (const { option, is, because } of WITHOUT_EFFECT) {
		if (is(flags, { codes: checked.codes, options })) {
			warn('no_effect', `${option} has no effect: ${because}`);
		}
	}
	return warnings;
}

interface Effect {
	readonly option: string;
	/** Whether it was given in vain. */
	readonly is: (flags: GetFlags, run: { codes: number; options: DownloadOptions }) => boolean;
	readonly because: string;
}

const NO_CODES = 'the list has URLs only, and no country codes';
const NO_FILE = '--output - saves no file';

/** Every option that can be given in vain. */
const WITHOUT_EFFECT: readonly Effect[] = [
	{
		option: '--threads',
		is: ({ threads, strategy }) =>
			threads !== undefined && strategy !== 'threads' && strategy !== 'queue',
		because: 'only --strategy threads has worker threads',
	},
	{
		option: '--queue-prefix',
		is: ({ queuePrefix, strategy }) => strategy !== 'queue' && queuePrefix !== 'flagdl',
		because: 'only --strategy queue has a queue',
	},
	{
		option: '--state',
		is: ({ state, remoteHeaderName }) => state === true && remoteHeaderName === true,
		because: 'it is for --if-exists update, which cannot have --remote-header-name',
	},
	{
		option: '--state',
		is: (flags) => flags.state === true && isStandardOutput(flags),
		because: NO_FILE,
	},
	{
		option: '--remote-time',
		is: (flags) => flags.remoteTime === true && isStandardOutput(flags),
		because: NO_FILE,
	},
	{
		option: '--output-dir',
		is: (flags) => flags.outputDir !== 'downloads' && isStandardOutput(flags),
		because: NO_FILE,
	},
	{
		option: '--if-exists',
		is: (flags) => flags.ifExists !== 'skip' && isStandardOutput(flags),
		because: NO_FILE,
	},
	{
		option: '--speed-time',
		is: ({ speedTime, speedLimit }) =>
			speedLimit === 0 && speedTime !== DEFAULT_OPTIONS.speedTimeMs,
		because: '--speed-limit is 0',
	},
	{
		option: '--retry-max-time',
		is: ({ retry, retryMaxTime }) => retry === 0 && retryMaxTime !== DEFAULT_OPTIONS.retryMaxTimeMs,
		because: '--retry is 0',
	},
	{
		option: '--server',
		is: ({ server }, { codes }) => server !== undefined && codes === 0,
		because: NO_CODES,
	},
	{
		option: '--template',
		is: ({ template }, { codes }) => template !== undefined && codes === 0,
		because: NO_CODES,
	},
	{
		option: '--scenario',
		is: ({ scenario }, { codes }) => scenario !== undefined && codes === 0,
		because: NO_CODES,
	},
	{
		option: '--cacert',
		is: ({ cacert, insecure }) => cacert !== undefined && insecure === true,
		because: '--insecure accepts any certificate',
	},
	{
		option: '--user',
		is: ({ user, header }) => user !== undefined && header['authorization'] !== undefined,
		because: 'the Authorization of --header goes before it',
	},
	{
		option: '--cookies',
		is: ({ cookies, header }) => cookies !== undefined && header['cookie'] !== undefined,
		because: 'the Cookie of --header goes before them, but for where redirects lead',
	},
	{
		option: '--cookies',
		is: (_, { options }) => options.cookies?.length === 0,
		because: 'the file has no cookie, or only some that have expired',
	},
	{
		option: '--netrc',
		is: (_, { options }) => options.logins?.length === 0,
		because: 'the file has no login, or is not there',
	},
];

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
