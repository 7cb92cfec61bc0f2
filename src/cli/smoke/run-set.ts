import type { SmokeStart } from '../../smoke/report/smoke-event.ts';
import type { MakeRun } from '../../smoke/run-all.ts';
import type { Profile } from '../../smoke/run-spec.ts';
import type { Labels, MetricForms } from '../../thresholds/metrics.ts';

/** All the runs that there will be. */
export interface Field {
	readonly runs: readonly { readonly labels: Labels; readonly make: MakeRun }[];
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
