/** How each target is downloaded. Plain data: it crosses threads and machines. */
export interface DownloadOptions {
	/** What to do if the file already exists. */
	readonly ifExists: IfExists;
	/** Attempts after the first. */
	readonly retries: number;
	/** No retry starts later than this after the first attempt, or after the kept part last grew. */
	readonly retryMaxTimeMs: number;
	readonly connectTimeoutMs: number;
	/** Limit of one attempt, from slot to last byte; absent: no limit while bytes keep arriving. */
	readonly maxTimeMs?: number;
	/** Longest silence of the server, before or during a response. */
	readonly stallTimeMs: number;
	/** A response slower than this, on average over `speedTimeMs`, is aborted; 0: no limit. */
	readonly speedLimitBytesPerSecond: number;
	/** Window for `speedLimitBytesPerSecond`; at least `stallTimeMs`. Counts only time in which the socket is read. */
	readonly speedTimeMs: number;
	/** Set the modification time of files to the `Last-Modified` of their responses. */
	readonly remoteTime: boolean;
	/** Larger files are refused; absent: no limit. */
	readonly maxFilesizeBytes?: number;
	/** Check that images are valid and complete, as far as their format allows. */
	readonly contentCheck: boolean;
	/** Request content codings, and decode them. */
	readonly compressed: boolean;
	/** Save content without decoding it. */
	readonly raw: boolean;
	/** Additional header fields of every request, names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	/** Requests per window and origin, across all workers; absent: no limit. */
	readonly rate?: Rate;
	/** Requests in flight per host, across all workers; absent: the concurrency. */
	readonly maxPerHost?: number;
	/** Proxies to use; absent: none. The command line takes them from the environment. */
	readonly proxy?: ProxyOptions;
	/** Certificate authorities to trust instead of the built-in ones, as PEM. */
	readonly caCertificates?: string;
	/** Client certificate with its chain, as PEM. */
	readonly clientCertificate?: string;
	/** Private key of the client certificate, as PEM without a passphrase. */
	readonly clientKey?: string;
	/** Comma-separated addresses by `host:port`; the host `*` matches all. Absent: the system resolver. */
	readonly resolve?: Readonly<Record<string, string>>;
	/** Users and passwords by host, in addition to those in target URLs. */
	readonly logins?: readonly Login[];
	/** Cookies, sent to matching URLs. Cookies set by servers are kept only within a chain of redirects. */
	readonly cookies?: readonly StoredCookie[];
	/** Accept any certificate. */
	readonly insecure: boolean;
	/** Seed of the back-off jitter; absent: random. */
	readonly seed?: number;
	/** Include every attempt in the outcomes. */
	readonly detail: boolean;
}

export type IfExists = 'skip' | 'update' | 'overwrite' | 'fail';

/** URLs of proxies (`http`, `https`, `socks5`, `socks5h`), and hosts that are reached without one (the syntax of `no_proxy`). */
export interface ProxyOptions {
	readonly httpProxy?: string;
	readonly httpsProxy?: string;
	readonly noProxy?: string;
}

export interface Rate {
	readonly requests: number;
	readonly windowMs: number;
}

/** A login for a host, as in a netrc file. */
export interface Login {
	/** Without port. Absent: any host of a target URL without a login of its own. */
	readonly host?: string;
	readonly user: string;
	readonly password: string;
}

/** A cookie as browsers export it. */
export interface StoredCookie {
	readonly name: string;
	/** One character per byte, as in a header field. */
	readonly value: string;
	/** In lower case, without a leading dot. */
	readonly domain: string;
	/** Whether subdomains get it, too. */
	readonly includeSubdomains: boolean;
	readonly path: string;
	/** Whether it is sent over https only. */
	readonly secure: boolean;
	/** Since the Unix epoch; absent: it does not expire. */
	readonly expiresMs?: number;
}

export const DEFAULT_OPTIONS: DownloadOptions = {
	ifExists: 'skip',
	retries: 3,
	retryMaxTimeMs: 120_000,
	connectTimeoutMs: 10_000,
	stallTimeMs: 15_000,
	speedLimitBytesPerSecond: 100,
	speedTimeMs: 30_000,
	remoteTime: false,
	contentCheck: true,
	headers: {},
	compressed: false,
	raw: false,
	insecure: false,
	detail: false,
};
