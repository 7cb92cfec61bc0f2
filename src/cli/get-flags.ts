import type { IfExists, Rate } from '../download/options.ts';
import type { StrategyName } from '../strategies/index.ts';
import type { Headers } from './values/parse-header.ts';

/** Options of `flagdl get`, as written on the command line; times in milliseconds. */
export interface GetFlags {
	readonly all?: boolean;
	readonly every?: boolean;
	readonly limit?: number;
	readonly input: readonly string[];
	readonly template?: string;
	readonly server?: string;
	readonly scenario?: string;
	readonly seed?: number;
	readonly mirror: readonly string[];
	readonly strategy: StrategyName;
	readonly concurrency?: number;
	readonly maxReq?: number;
	readonly threads?: number;
	readonly maxPerHost?: number;
	readonly rate?: Rate;
	readonly retry: number;
	readonly retryMaxTime: number;
	readonly connectTimeout: number;
	readonly maxTime: number;
	readonly stallTime: number;
	readonly deadline?: number;
	readonly failEarly?: boolean;
	readonly outputDir: string;
	readonly output?: string;
	readonly withNames?: boolean;
	readonly ifExists: IfExists;
	readonly checksums?: string;
	readonly maxFilesize?: number;
	readonly header: Headers;
	readonly proxy?: string;
	readonly cacert?: string;
	readonly insecure?: boolean;
	readonly progress: 'auto' | 'bar' | 'plain' | 'none';
	readonly verbose?: boolean;
	readonly quiet?: boolean;
	readonly json?: boolean;
	readonly report: readonly string[];
	readonly failedFile?: string;
	readonly dryRun?: boolean;
}
