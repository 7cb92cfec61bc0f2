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
	'files.leftover': count('files left behind that nobody asked for'),
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
