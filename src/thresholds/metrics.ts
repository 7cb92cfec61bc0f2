import { BYTES_PER_UNIT, formatSignificant, MS_PER_UNIT } from '../util/units.ts';

/** The quantity that a metric measures; determines the units of a limit. */
export type Kind = 'count' | 'time' | 'size' | 'speed' | 'ratio' | 'share';

interface Metric {
	readonly kind: Kind;
	readonly measures: string;
}

/**
 * Every metric that a threshold can name. Each command measures some of them.
 *
 * @public Read by `scripts/reference.mjs`.
 */
export const METRICS = {
	targets: { kind: 'count', measures: 'Files requested' },
	ok: { kind: 'count', measures: 'Files saved' },
	unchanged: { kind: 'count', measures: 'Files that existed and are up to date' },
	skipped: { kind: 'count', measures: 'Files that existed' },
	not_found: { kind: 'count', measures: 'Files that the server does not have' },
	error: { kind: 'count', measures: 'Files that could not be downloaded' },
	cancelled: { kind: 'count', measures: 'Files that were cancelled' },
	failed: { kind: 'count', measures: 'The sum of `not_found`, `error` and `cancelled`' },
	requests: { kind: 'count', measures: 'HTTP requests, redirects included' },
	retries: { kind: 'count', measures: 'Attempts after the first of each file' },
	'plan.requests': { kind: 'count', measures: 'Requests of a correct client' },
	'plan.diff': { kind: 'count', measures: 'Targets that did not end as planned' },
	'integrity.mismatch': { kind: 'count', measures: 'Files saved with wrong bytes' },
	'files.partial': { kind: 'count', measures: 'Files seen incomplete under their final name' },
	'files.leftover': { kind: 'count', measures: 'Files left behind that were not requested' },
	'sockets.left': { kind: 'count', measures: 'Connections open after the client ended' },
	'processes.left': { kind: 'count', measures: 'Processes running after the client ended' },
	wall: { kind: 'time', measures: 'From first target to last outcome' },
	total: { kind: 'time', measures: 'Of each target, back-off included' },
	latency: { kind: 'time', measures: 'Of each attempt, from request to last byte' },
	ttfb: { kind: 'time', measures: 'Of each attempt, from request to headers' },
	cpu: { kind: 'time', measures: 'Processor time, threads included' },
	rss: { kind: 'size', measures: 'Peak memory' },
	bytes: { kind: 'size', measures: 'Content saved' },
	throughput: { kind: 'speed', measures: 'Content saved per second' },
	speedup: { kind: 'ratio', measures: 'How many times as fast as the baseline' },
	concurrency: { kind: 'ratio', measures: 'Requests in flight, on average' },
	efficiency: { kind: 'share', measures: 'Ideal time / wall time' },
	'server.utilization': { kind: 'share', measures: "Busy share of the server's event loop" },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

export function kindOf(metric: MetricName): Kind {
	return METRICS[metric].kind;
}

/** Whether the load of the machine or server affects the metric. */
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

/** The measurement of a metric in one run. */
export type Measure =
	/** A count, or a single measurement. */
	| { readonly kind: 'value'; readonly value: number }
	/** Repeated observations. */
	| { readonly kind: 'samples'; readonly values: readonly number[] }
	/** An estimate; without bounds if there were too few observations for an interval. */
	| {
			readonly kind: 'interval';
			readonly value: number;
			readonly lower?: number;
			readonly upper?: number;
	  };

export function samples(values: readonly number[]): Measure {
	return { kind: 'samples', values };
}

/** The metrics that a command measures, and the kind of each measurement. */
export type MetricForms = Readonly<Partial<Record<MetricName, Measure['kind']>>>;

/** Labels that identify a run: `strategy`, `scenario`, `c`, `client`. */
export type Labels = Readonly<Record<string, string>>;

/** Above this busy share, a server delays responses, and times do not reflect the client. */
export const BUSY_SERVER = 0.7;

/** A run and its measurements. */
export interface MeasuredRun {
	readonly labels: Labels;
	readonly measures: Readonly<Partial<Record<MetricName, Measure>>>;
	/** True if the server was so busy that times do not reflect the client. */
	readonly serverBound?: boolean;
}
