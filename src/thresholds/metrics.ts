import { BYTES_PER_UNIT, formatSignificant, MS_PER_UNIT } from '../util/units.ts';

/** The quantity that a metric measures; it decides which units a limit may have. */
export type Kind = 'count' | 'time' | 'size' | 'speed' | 'ratio' | 'share';

/** Every metric that a threshold can name. Each command measures some of them. */
const METRICS = {
	/** Files asked for. */
	targets: 'count',
	/** Files saved. */
	ok: 'count',
	/** Files that existed and are up to date. */
	unchanged: 'count',
	/** Files that existed. */
	skipped: 'count',
	/** Files that the server does not have. */
	not_found: 'count',
	/** Files that could not be downloaded. */
	error: 'count',
	/** Files that were cancelled. */
	cancelled: 'count',
	/** The sum of `not_found`, `error` and `cancelled`. */
	failed: 'count',
	/** HTTP requests, redirects included. */
	requests: 'count',
	/** Attempts after the first of each file. */
	retries: 'count',
	/** Requests of a correct client. */
	'plan.requests': 'count',
	/** Targets that did not end as planned. */
	'plan.diff': 'count',
	/** Files saved with wrong bytes. */
	'integrity.mismatch': 'count',
	/** Files seen unfinished under their final name. */
	'files.partial': 'count',
	/** Files left behind that were not asked for. */
	'files.leftover': 'count',
	/** Connections open after the client ended. */
	'sockets.left': 'count',
	/** Processes running after the client ended. */
	'processes.left': 'count',
	/** From first target to last outcome. */
	wall: 'time',
	/** Of each target, back-off included. */
	total: 'time',
	/** Of each attempt, from request to last byte. */
	latency: 'time',
	/** Of each attempt, from request to headers. */
	ttfb: 'time',
	/** Processor time, threads included. */
	cpu: 'time',
	/** Peak memory. */
	rss: 'size',
	/** Content saved. */
	bytes: 'size',
	/** Content saved per second. */
	throughput: 'speed',
	/** How many times as fast as the baseline. */
	speedup: 'ratio',
	/** Requests in flight, on average. */
	concurrency: 'ratio',
	/** Ideal time / wall time. */
	efficiency: 'share',
	/** Busy share of the server's event loop. */
	'server.utilization': 'share',
} as const satisfies Readonly<Record<string, Kind>>;

export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

export function kindOf(metric: MetricName): Kind {
	return METRICS[metric];
}

/** Whether a busy machine or server changes the metric. */
export function isTiming(metric: MetricName): boolean {
	return kindOf(metric) !== 'count' && metric !== 'bytes' && metric !== 'rss';
}

/** Factors from each allowed unit to the base unit of the metric: milliseconds, bytes, 1. */
export const UNITS: Readonly<Record<Kind, Readonly<Record<string, number>>>> = {
	count: { '': 1 },
	time: MS_PER_UNIT,
	size: BYTES_PER_UNIT,
	speed: Object.fromEntries(
		Object.entries(BYTES_PER_UNIT).map(([unit, bytes]) => [`${unit}/s`, bytes]),
	),
	ratio: { x: 1, '': 1 },
	share: { '%': 0.01 },
};

/** `251 ms`, `5.2×`, `83 %`. */
export function formatValue(value: number, kind: Kind): string {
	switch (kind) {
		case 'count':
			return formatSignificant(value);
		case 'time':
			return value < 1000
				? `${formatSignificant(value)} ms`
				: `${formatSignificant(value / 1000)} s`;
		case 'size':
			return formatSize(value);
		case 'speed':
			return `${formatSize(value)}/s`;
		case 'ratio':
			return `${formatSignificant(value)}×`;
		case 'share':
			return `${formatSignificant(value * 100)} %`;
	}
}

function formatSize(bytes: number): string {
	if (bytes < 1000) {
		return `${formatSignificant(bytes)} B`;
	}
	return bytes < 1e6
		? `${formatSignificant(bytes / 1000)} kB`
		: `${formatSignificant(bytes / 1e6)} MB`;
}

/** What was measured of a metric in one run. */
export type Measure =
	/** Counted, or measured once. */
	| { readonly kind: 'value'; readonly value: number }
	/** Observed many times. */
	| { readonly kind: 'samples'; readonly values: readonly number[] }
	/** Estimated; without bounds if there were too few observations for an interval. */
	| {
			readonly kind: 'interval';
			readonly value: number;
			readonly lower?: number;
			readonly upper?: number;
	  };

/** The metrics that a command measures, each with its form. */
export type MetricForms = Readonly<Partial<Record<MetricName, Measure['kind']>>>;

/** Labels that identify a run: `strategy`, `scenario`, `c`, `client`. */
export type Labels = Readonly<Record<string, string>>;

/** One run with everything that was measured. */
export interface MeasuredRun {
	readonly labels: Labels;
	readonly measures: Readonly<Partial<Record<MetricName, Measure>>>;
	/** True if the server was so busy that times say nothing about the client. */
	readonly serverBound?: boolean;
}
