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
 * Warnings to show before the first request.
 *
 * @param secrets - Secrets that will be stored in Redis without a key of the user's own.
 */
export function warningsOf(
	flags: GetFlags,
	{ checked }: Prepared,
	state: StateFile | undefined,
	options: DownloadOptions,
	secrets: readonly string[],
): readonly WarningEvent[] {
	const concurrency = flags.concurrency ?? flags.maxReq;
	const warnings: WarningEvent[] = [];
	const warn = (code: string, message: string) => warnings.push({ type: 'warning', code, message });

	if (flags.insecure === true) {
		warn('insecure', 'certificates are not checked (--insecure): anything on the way can answer');
	}
	if (state?.warning !== undefined) {
		warn('state_unusable', state.warning);
	}
	if (flags.checksums !== undefined && checked.checksums < checked.count) {
		const unlisted = checked.count - checked.checksums;
		warn(
			'no_checksum',
			`${unlisted} of ${checked.count} targets have no digest in ${flags.checksums} and are not compared`,
		);
	}
	if (
		!STRATEGIES[flags.strategy].concurrent &&
		flags.verbose === true &&
		concurrency !== undefined
	) {
		warn(
			'concurrency_ignored',
			`${flags.strategy} has one request in flight, whatever --concurrency says`,
		);
	}
	if (flags.strategy === 'queue' && (concurrency ?? flags.threads) !== undefined) {
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
	for (const [option, isGiven, reason] of optionsWithoutEffect(flags, checked.codes, options)) {
		if (isGiven && reason) {
			warn('no_effect', `${option} has no effect: ${reason}`);
		}
	}
	return warnings;
}

/** Every option that may have no effect, whether it was given, and the reason if it has none. */
function optionsWithoutEffect(
	flags: GetFlags,
	codes: number,
	{ cookies, logins }: DownloadOptions,
): readonly (readonly [option: string, isGiven: boolean, because: string | false])[] {
	const { header, insecure, remoteHeaderName, strategy } = flags;
	const isQueue = strategy === 'queue';
	const noFile = isStandardOutput(flags) && '--output - saves no file';
	const noCodes = codes === 0 && 'the list has URLs only, and no country codes';
	const noThreads =
		strategy !== 'threads' && !isQueue && 'only --strategy threads has worker threads';
	const noUpdate =
		remoteHeaderName === true &&
		'it is for --if-exists update, which cannot have --remote-header-name';
	const otherLogin =
		header['authorization'] !== undefined && 'the Authorization of --header goes before it';
	const otherCookies =
		header['cookie'] !== undefined &&
		'the Cookie of --header goes before them, but for where redirects lead';
	const noCookie =
		cookies?.length === 0 && 'the file has no cookie, or only some that have expired';
	const noLogin = logins?.length === 0 && 'the file has no login, or is not there';
	const isSpeedTime = flags.speedTime !== DEFAULT_OPTIONS.speedTimeMs;
	const isRetryTime = flags.retryMaxTime !== DEFAULT_OPTIONS.retryMaxTimeMs;
	return [
		['--threads', flags.threads !== undefined, noThreads],
		[
			'--queue-prefix',
			flags.queuePrefix !== 'flagdl',
			!isQueue && 'only --strategy queue has a queue',
		],
		['--state', flags.state === true, noUpdate],
		['--state', flags.state === true, noFile],
		['--remote-time', flags.remoteTime === true, noFile],
		['--remote-header-name', remoteHeaderName === true, noFile],
		['--output-dir', flags.outputDir !== 'downloads', noFile],
		['--if-exists', flags.ifExists !== 'skip', noFile],
		['--speed-time', isSpeedTime, flags.speedLimit === 0 && '--speed-limit is 0'],
		['--retry-max-time', isRetryTime, flags.retry === 0 && '--retry is 0'],
		['--server', flags.server !== undefined, noCodes],
		['--template', flags.template !== undefined, noCodes],
		['--scenario', flags.scenario !== undefined, noCodes],
		['--tls', flags.tls === true, noCodes],
		[
			'--cacert',
			flags.cacert !== undefined,
			insecure === true && '--insecure accepts any certificate',
		],
		['--user', flags.user !== undefined, otherLogin],
		['--cookies', flags.cookies !== undefined, otherCookies],
		['--cookies', true, noCookie],
		['--netrc', true, noLogin],
	];
}

/** Explains why a run was stopped, or how the next update benefits from this run. */
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

/** An update without stored validators has downloaded everything. */
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
