import { DEFAULT_OPTIONS } from '../../download/options.ts';
import type { Profile } from '../../smoke/run-spec.ts';
import type { SmokeFlags } from '../smoke-command.ts';

const CONCURRENCY = 16;

/** Short, because the bundled server is near and its faults are meant: a run is a matter of seconds. */
const NEAR = {
	stallTimeMs: 1_000,
	maxTimeMs: 5_000,
	retryMaxTimeMs: 15_000,
	timeoutMs: 60_000,
};
/** That time is enough for so many retries; each further one may wait twice as long. */
const NEAR_RETRIES = 3;
const MOST_RETRY_TIME_MS = 600_000;

/** What `flagdl get` does by itself. */
const FAR = {
	stallTimeMs: DEFAULT_OPTIONS.stallTimeMs,
	maxTimeMs: DEFAULT_OPTIONS.maxTimeMs,
	retryMaxTimeMs: DEFAULT_OPTIONS.retryMaxTimeMs,
	timeoutMs: 600_000,
};

/** A profile for each concurrency that was asked for. */
export function profilesOf(flags: SmokeFlags, where: 'near' | 'far'): readonly Profile[] {
	const retries = flags.retry ?? DEFAULT_OPTIONS.retries;
	const defaults = where === 'near' ? { ...NEAR, ...timeFor(retries) } : FAR;
	const profile = {
		retries,
		stallTimeMs: flags.stallTime ?? defaults.stallTimeMs,
		maxTimeMs: flags.maxTime ?? defaults.maxTimeMs,
		retryMaxTimeMs: flags.retryMaxTime ?? defaults.retryMaxTimeMs,
		timeoutMs: flags.clientTimeout ?? defaults.timeoutMs,
	};
	return (flags.concurrency ?? [CONCURRENCY]).map((concurrency) => ({ ...profile, concurrency }));
}

/** The plan knows of numbers of retries and not of time: time must not end them earlier. */
function timeFor(retries: number): Pick<Profile, 'retryMaxTimeMs'> {
	const factor = 2 ** Math.max(0, retries - NEAR_RETRIES);
	return { retryMaxTimeMs: Math.min(NEAR.retryMaxTimeMs * factor, MOST_RETRY_TIME_MS) };
}
