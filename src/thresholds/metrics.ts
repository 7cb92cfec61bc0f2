/** What the number of a metric is, and so which units a limit on it may have. */
export type Kind = 'count' | 'time' | 'size' | 'speed' | 'ratio' | 'share';

interface Metric {
	readonly kind: Kind;
	readonly means: string;
}

const count = (means: string): Metric => ({ kind: 'count', means });
const time = (means: string): Metric => ({ kind: 'time', means });

export type MetricName =
	| 'targets'
	| 'ok'
	| 'unchanged'
	| 'skipped'
	| 'not_found'
	| 'error'
	| 'cancelled'
	| 'failed'
	| 'requests'
	| 'retries'
	| 'plan.requests'
	| 'plan.diff'
	| 'integrity.mismatch'
	| 'files.partial'
	| 'files.leftover'
	| 'sockets.left'
	| 'processes.left'
	| 'wall'
	| 'total'
	| 'latency'
	| 'ttfb'
	| 'cpu'
	| 'rss'
	| 'bytes'
	| 'throughput'
	| 'speedup'
	| 'concurrency'
	| 'efficiency'
	| 'server.utilization';

/** Every metric that a threshold can name. A command says which of them it measures. */
const METRICS: Readonly<Record<MetricName, Metric>> = {
	targets: count('files asked for'),
	ok: count('files saved'),
	unchanged: count('files that were there and are still what the server has'),
	skipped: count('files that were there'),
	not_found: count('files that the server does not have'),
	error: count('files that could not be had'),
	cancelled: count('files given up'),
	failed: count('not_found + error + cancelled'),
	requests: count('HTTP requests, redirects included'),
	retries: count('attempts after the first of each file'),
	'plan.requests': count('requests of a correct client'),
	'plan.diff': count('targets that did not end as planned'),
	'integrity.mismatch': count('files saved with wrong bytes'),
	'files.partial': count('files seen unfinished under their final name'),
	'files.leftover': count('files left behind that were not asked for'),
	'sockets.left': count('connections open after the client ended'),
	'processes.left': count('processes running after the client ended'),
	wall: time('from first target to last outcome'),
	total: time('of each target, back-off included'),
	latency: time('of each attempt, from request to last byte'),
	ttfb: time('of each attempt, from request to headers'),
	cpu: time('processor time, threads included'),
	rss: { kind: 'size', means: 'peak memory' },
	bytes: { kind: 'size', means: 'content saved' },
	throughput: { kind: 'speed', means: 'content saved per second' },
	speedup: { kind: 'ratio', means: 'how many times as fast as the baseline' },
	concurrency: { kind: 'ratio', means: 'requests in flight, on average' },
	efficiency: { kind: 'share', means: 'ideal time / wall time' },
	'server.utilization': { kind: 'share', means: "busy share of the server's event loop" },
};

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

export function kindOf(metric: MetricName): Kind {
	return METRICS[metric].kind;
}

/** Whether a busy machine or server changes it. */
export function isTiming(metric: MetricName): boolean {
	return kindOf(metric) !== 'count' && metric !== 'bytes' && metric !== 'rss';
}

const SIZES = {
	B: 1,
	kB: 1000,
	MB: 1000 ** 2,
	GB: 1000 ** 3,
	KiB: 1024,
	MiB: 1024 ** 2,
	GiB: 1024 ** 3,
} as const;

/** What each unit is of the unit that the metric is kept in: milliseconds, bytes, 1. */
export const UNITS: Readonly<Record<Kind, Readonly<Record<string, number>>>> = {
	count: { '': 1 },
	time: { ms: 1, s: 1000, m: 60_000, h: 3_600_000 },
	size: SIZES,
	speed: Object.fromEntries(Object.entries(SIZES).map(([unit, bytes]) => [`${unit}/s`, bytes])),
	ratio: { x: 1, '': 1 },
	share: { '%': 0.01 },
};

/** A value for a person: `251 ms`, `5.2×`, `83 %`. */
export function formatValue(value: number, kind: Kind): string {
	switch (kind) {
		case 'count':
			return digits(value);
		case 'time':
			return value < 1000 ? `${digits(value)} ms` : `${digits(value / 1000)} s`;
		case 'size':
			return formatSize(value);
		case 'speed':
			return `${formatSize(value)}/s`;
		case 'ratio':
			return `${digits(value)}×`;
		case 'share':
			return `${digits(value * 100)} %`;
	}
}

function formatSize(bytes: number): string {
	if (bytes < 1000) {
		return `${digits(bytes)} B`;
	}
	return bytes < 1e6 ? `${digits(bytes / 1000)} kB` : `${digits(bytes / 1e6)} MB`;
}

/** Three significant digits, all of the whole ones. */
function digits(value: number): string {
	if (!Number.isFinite(value)) {
		return '∞';
	}
	return Number.isInteger(value) || value >= 100
		? String(Math.round(value))
		: String(Number(value.toPrecision(3)));
}

/** What is known of a metric of one run. */
export type Measure =
	/** Counted, or measured once. */
	| { readonly kind: 'value'; readonly value: number }
	/** Observed many times. */
	| { readonly kind: 'samples'; readonly values: readonly number[] }
	/** Estimated; without bounds where there was too little to say. */
	| {
			readonly kind: 'interval';
			readonly value: number;
			readonly lo?: number;
			readonly hi?: number;
	  };

/** The metrics that a command measures, and in which form. */
export type Offer = Readonly<Partial<Record<MetricName, Measure['kind']>>>;

/** What tells one run from the others: `strategy`, `scenario`, `c`, `client`. */
export type Labels = Readonly<Record<string, string>>;

/** One run with all that was measured. */
export interface Measured {
	readonly labels: Labels;
	readonly measures: Readonly<Partial<Record<MetricName, Measure>>>;
	/** True where the server was too busy for times to tell about the client. */
	readonly serverBound?: boolean;
}
