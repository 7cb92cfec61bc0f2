import type { SmokeStart } from '../../smoke/results.ts';
import type { PendingRun } from '../../smoke/run-all.ts';
import type { Profile } from '../../smoke/run-spec.ts';
import type { MetricForms } from '../../thresholds/metrics.ts';

/** All the runs that there will be. */
export interface Field {
	readonly runs: readonly (PendingRun & {
		/** How many files it is to download, if that is known. */
		readonly targets?: number;
		/** Attempts of a correct client, if that is known. */
		readonly attempts?: number;
	})[];
	/** What can be measured of them. */
	readonly offer: MetricForms;
	/** Of the first concurrency; the others differ in nothing else. */
	readonly profile: Profile;
	/** Whether runs may share the machine and the server. */
	readonly mayOverlap: boolean;
	/** Arguments of `flagdl get` that have to be checked by itself first. */
	readonly rehearsal?: readonly string[];
	readonly about: Pick<SmokeStart, 'scenarios' | 'clients' | 'server'>;
}
