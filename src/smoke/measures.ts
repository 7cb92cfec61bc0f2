import { type Measure, type MetricForms, type MetricName, samples } from '../thresholds/metrics.ts';
import type { ReportedEvents } from './client/flagdl-events.ts';
import type { Observation } from './observe-run.ts';
import type { Counts, Finding } from './results.ts';

type Measures = Partial<Record<MetricName, Measure>>;

const COUNTED = {
	...formsOf('value', 'targets', 'ok', 'failed', 'requests', 'bytes'),
	...formsOf('value', 'files.leftover', 'processes.left', 'wall'),
};

const COMPARED = {
	...formsOf('value', 'plan.requests', 'plan.diff', 'integrity.mismatch'),
	...formsOf('value', 'files.partial', 'sockets.left', 'server.utilization'),
};

const REPORTED = {
	...formsOf('value', 'unchanged', 'skipped', 'not_found', 'error', 'cancelled', 'retries'),
	...formsOf('samples', 'total', 'latency', 'ttfb'),
	...formsOf('value', 'cpu', 'rss', 'throughput'),
};

function formsOf(form: Measure['kind'], ...names: readonly MetricName[]): MetricForms {
	return Object.fromEntries(names.map((name) => [name, form]));
}

/** The metrics of a run, by kind of client and server. */
export const SMOKE_METRICS: Readonly<Record<'plan' | 'client' | 'server', MetricForms>> = {
	/** flagdl against a scenario. */
	plan: { ...COUNTED, ...COMPARED, ...REPORTED },
	/** Another client against a scenario. */
	client: { ...COUNTED, ...COMPARED },
	/** flagdl against an external server. */
	server: { ...COUNTED, ...REPORTED },
};

export function measuresOf(
	counts: Counts & { readonly planRequests?: number },
	findings: readonly Finding[],
	{ ended, socketsLeft, serverUtilization, reported, files, partial }: Observation,
): Measures {
	const found = (...checks: readonly Finding['check'][]) =>
		value(findings.filter(({ check }) => checks.includes(check)).length);
	const sizes = [...files.values()].map(({ length }) => length);
	return {
		targets: value(counts.targets),
		ok: value(counts.right),
		failed: value(counts.targets - counts.right),
		requests: value(counts.requests),
		bytes: value(sizes.reduce((sum, size) => sum + size, 0)),
		'plan.diff': value(counts.planDiff),
		'integrity.mismatch': found('wrong'),
		'files.leftover': found('leftover'),
		'sockets.left': value(socketsLeft),
		'processes.left': value(ended.processesLeft),
		wall: value(ended.wallMs),
		...(counts.planRequests !== undefined && { 'plan.requests': value(counts.planRequests) }),
		...(partial !== undefined && { 'files.partial': found('partial') }),
		...(serverUtilization !== undefined && { 'server.utilization': value(serverUtilization) }),
		...(reported !== undefined && reportedMeasures(reported)),
	};
}

function reportedMeasures({ outcomes, end }: ReportedEvents): Measures {
	const all = [...outcomes.values()];
	const attempts = all.flatMap((outcome) => outcome.attempts ?? []);
	return {
		total: samples(all.map(({ startMs, endMs }) => endMs - startMs)),
		latency: samples(attempts.map(({ startMs, endMs }) => endMs - startMs)),
		ttfb: samples(
			attempts.flatMap(({ startMs, headersMs }) =>
				headersMs === undefined ? [] : headersMs - startMs,
			),
		),
		...(end !== undefined && {
			...(Object.fromEntries(
				Object.entries(end.totals).map(([status, count]) => [status, value(count)]),
			) as Record<keyof typeof end.totals, Measure>),
			retries: value(end.retries),
			bytes: value(end.bytes),
			wall: value(end.wallMs),
			cpu: value(end.cpuMs),
			rss: value(end.maxRssBytes),
			throughput: value(end.wallMs === 0 ? 0 : end.bytes / (end.wallMs / 1000)),
		}),
	};
}

function value(number: number): Measure {
	return { kind: 'value', value: number };
}
