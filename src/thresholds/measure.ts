import type { MetricName } from './metrics.ts';

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
