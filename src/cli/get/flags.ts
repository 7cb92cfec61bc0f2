import type { IfExists, Rate } from '../../download/options.ts';
import type { StrategyName } from '../../strategies/names.ts';
import type { Headers } from '../values/parse-header.ts';

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
	readonly redis?: string;
	readonly queuePrefix: string;
	readonly shardSize?: number;
	readonly runId?: string;
	readonly retry: number;
	readonly retryMaxTime: number;
	readonly connectTimeout: number;
	readonly maxTime?: number;
	readonly stallTime: number;
	readonly speedLimit: number;
	readonly speedTime: number;
	readonly deadline?: number;
	readonly failEarly?: boolean;
	readonly outputDir: string;
	readonly output?: string;
	readonly withNames?: boolean;
	readonly remoteHeaderName?: boolean;
	readonly ifExists: IfExists;
	readonly remoteTime?: boolean;
	readonly state?: boolean;
	readonly checksums?: string;
	readonly maxFilesize?: number;
	readonly contentCheck: boolean;
	readonly header: Headers;
	readonly compressed?: boolean;
	readonly raw?: boolean;
	readonly userAgent?: string;
	/** `name:password`, or a name alone until the password has been asked for. */
	readonly user?: string;
	/** True: `~/.netrc`. */
	readonly netrc?: string | true;
	readonly cookies?: string;
	readonly proxy?: string;
	readonly cacert?: string;
	readonly cert?: string;
	readonly key?: string;
	/** Addresses by `host:port`. */
	readonly resolve?: Readonly<Record<string, string>>;
	readonly insecure?: boolean;
	readonly progress: 'auto' | 'bar' | 'plain' | 'none';
	readonly verbose?: boolean;
	readonly quiet?: boolean;
	readonly json?: boolean;
	readonly report: readonly string[];
	readonly failedFile?: string;
	readonly dryRun?: boolean;
	readonly config?: string;
}
