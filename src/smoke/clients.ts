import type { StrategyName } from '../strategies/names.ts';
import { fillIn, type Place } from './command-line.ts';
import type { Host } from './host.ts';
import type { Client, Profile } from './run-spec.ts';

export interface FlagdlClient {
	readonly strategy: StrategyName;
	readonly profile: Profile;
	readonly host: Host;
	/** Targets and their origin, as arguments of `flagdl get`. */
	readonly what: (place: Place) => readonly string[];
}

/** The real command, as a process of its own, by one strategy. */
export function flagdlClient({ strategy, profile, host, what }: FlagdlClient): Client {
	return {
		speaksEvents: true,
		commandFor: (place) => [
			host.node,
			host.bin,
			'get',
			...['--json', '--progress', 'none', '--strategy', strategy],
			...profileArguments(profile),
			...['--output-dir', place.outputDir],
			...what(place),
		],
	};
}

/** As they are printed, so that a run can be repeated by hand. */
export function profileArguments(profile: Profile): string[] {
	const { retries, concurrency, stallTimeMs, maxTimeMs, retryMaxTimeMs } = profile;
	return [
		...['-c', String(concurrency), '--retry', String(retries)],
		...['--stall-time', time(stallTimeMs)],
		...(maxTimeMs === undefined ? [] : ['--max-time', time(maxTimeMs)]),
		...['--retry-max-time', time(retryMaxTimeMs)],
	];
}

/** Somebody else's downloader, as a line for the shell. */
export function shellClient(line: string, { shell }: Pick<Host, 'shell'>): Client {
	return { speaksEvents: false, commandFor: (place) => fillIn(line, place, shell) };
}

function time(ms: number): string {
	return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
