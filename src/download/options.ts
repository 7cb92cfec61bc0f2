/** How each target is downloaded. Plain data: it crosses threads and machines. */
export interface DownloadOptions {
	/** What to do where the final name is taken. */
	readonly ifExists: IfExists;
	/** Attempts after the first. */
	readonly retries: number;
	/** No retry starts later than this after the first attempt, or after a kept part has last grown. */
	readonly retryMaxTimeMs: number;
	readonly connectTimeoutMs: number;
	/** Of one attempt, from slot to last byte; absent: as long as bytes keep arriving. */
	readonly maxTimeMs?: number;
	/** Longest silence of the server, before or within an answer. */
	readonly stallTimeMs: number;
	/** An answer that comes with less than this, on average over `speedTimeMs`, is ended; 0: none is. */
	readonly speedLimitBytesPerSecond: number;
	/** Time in which the socket is read; at least `stallTimeMs`. */
	readonly speedTimeMs: number;
	/** The file's time is the `Last-Modified` of its response. */
	readonly remoteTime: boolean;
	/** Larger files are refused; absent: no limit. */
	readonly maxFilesizeBytes?: number;
	/** Whether an image must be one, and whole, as far as its format tells. */
	readonly contentCheck: boolean;
	/** Ask for content codings; they are undone. */
	readonly compressed: boolean;
	/** Keep content in its codings. */
	readonly raw: boolean;
	/** Further header fields of every request, names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	/** Requests per window and origin, over all workers; absent: no limit. */
	readonly rate?: Rate;
	/** Requests in flight per host, over all workers; absent: the concurrency. */
	readonly maxPerHost?: number;
	/** Proxies to use; absent: none. The command line fills it from the environment. */
	readonly proxy?: ProxyOptions;
	/** Certificates of the authorities to trust instead of the built-in ones, as PEM. */
	readonly caCertificates?: string;
	/** Shown to servers that ask for one: a certificate, and what it was issued with, as PEM. */
	readonly clientCertificate?: string;
	/** Its private key, as PEM without a passphrase. */
	readonly clientKey?: string;
	/** Addresses, with commas between them, by `host:port`; a host `*` is every one. Absent: the system's resolver. */
	readonly resolve?: Readonly<Record<string, string>>;
	/** Users and passwords by host, beside those of the targets' own URLs. */
	readonly logins?: readonly Login[];
	/** Sent where they belong; what servers set lives no longer than a chain of redirects. */
	readonly cookies?: readonly StoredCookie[];
	/** Accept any certificate. */
	readonly insecure: boolean;
	/** Seed of the back-off jitter; absent: a new one in each run. */
	readonly seed?: number;
	/** Whether outcomes carry their attempts in detail. */
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

/** What a host is told of the user, by a line of a netrc file. */
export interface Login {
	/** Without port. Absent: any host of the targets' own URLs that no other login is for. */
	readonly host?: string;
	readonly user: string;
	readonly password: string;
}

/** A cookie as browsers export it. */
export interface StoredCookie {
	readonly name: string;
	/** A byte is a character, as in a header field. */
	readonly value: string;
	/** In lower case, without a dot before it. */
	readonly domain: string;
	/** Whether hosts below the domain get it, too. */
	readonly includeSubdomains: boolean;
	readonly path: string;
	/** Whether it goes over https only. */
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
