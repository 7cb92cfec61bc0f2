/** Options of `flagdl smoke`, as written on the command line; times in milliseconds. */
export interface SmokeFlags {
	readonly all?: boolean;
	readonly limit?: number;
	readonly scenario: readonly string[];
	readonly seed?: number;
	readonly root?: string;
	readonly tls?: boolean;
	readonly strategies?: readonly string[];
	readonly concurrency?: readonly number[];
	readonly client: readonly string[];
	readonly clientTimeout?: number;
	readonly server?: string;
	readonly template?: string;
	readonly input: readonly string[];
	readonly checksums?: string;
	readonly retry?: number;
	readonly stallTime?: number;
	readonly maxTime?: number;
	readonly retryMaxTime?: number;
	readonly threshold: readonly string[];
	readonly thresholdFile: readonly string[];
	readonly junit?: string;
	readonly report: readonly string[];
	readonly json?: boolean;
}
