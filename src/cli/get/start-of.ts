import type { Run } from '../../run.ts';
import { STRATEGIES } from '../../strategies/names.ts';
import { VERSION } from '../../util/version.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Prepared } from './prepare.ts';

/** Where and how many at once. */
export interface Seats {
	readonly concurrency: number;
	readonly threads: number;
	/** Base URL of the flags, where there is one. */
	readonly base?: string | undefined;
}

/** What `run.start` tells of a run. */
export function startOf(
	{ flags, prepared }: { readonly flags: GetFlags; readonly prepared: Prepared },
	{ concurrency, threads, base }: Seats,
): Run['start'] {
	const { origin, checked, plan } = prepared;
	const seed = flags.seed ?? origin.scenario?.seed;
	const server = checked.codes > 0 && {
		...(base !== undefined && { server: base }),
		...(origin.scenario !== undefined && { scenario: origin.scenario.name }),
		...(seed !== undefined && { seed }),
	};
	return {
		version: VERSION,
		strategy: flags.strategy,
		concurrency: STRATEGIES[flags.strategy].concurrent ? concurrency : 1,
		...(flags.strategy === 'threads' && { threads }),
		targets: checked.count,
		outputDir: plan.outputDir,
		...server,
	};
}
