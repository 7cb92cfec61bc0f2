import type { DownloadOptions, ProxyOptions } from '../../download/options.ts';
import { httpUrl, splitUserInfo } from '../../targets/url.ts';
import { UsageError } from '../../util/errors.ts';
import { type AllMembers, present } from '../../util/members.ts';
import { explainInput } from '../../util/suggest.ts';
import { quoteUrl } from '../../util/text.ts';
import { readCookies } from '../identity/cookies-file.ts';
import { readNetrc } from '../identity/netrc.ts';
import { readTlsFiles } from '../identity/tls-files.ts';
import { authorizationOfUser } from '../identity/user.ts';
import type { Io } from '../io.ts';
import type { GetFlags } from './options.ts';

export interface Circumstances extends Pick<Io, 'env' | 'cwd'> {
	/** Host and port of the bundled server, where there is one. */
	readonly bundledHost?: string | undefined;
	/** What its certificate is trusted by, as PEM, if it speaks HTTPS. */
	readonly bundledCa?: string | undefined;
	/** Whether a report shows single attempts. */
	readonly detail: boolean;
}

/** @throws {UsageError} When a proxy is none, or a file cannot be read. */
export function downloadOptions(
	flags: GetFlags,
	{ env, cwd, bundledHost, bundledCa, detail }: Circumstances,
): DownloadOptions {
	const { netrc, cookies } = flags;
	const tlsFiles = readTlsFiles(flags, cwd);
	const caCertificates = [tlsFiles.caCertificates, bundledCa].filter((pem) => pem !== undefined);
	const options: AllMembers<DownloadOptions> = {
		ifExists: flags.ifExists,
		retries: flags.retry,
		retryMaxTimeMs: flags.retryMaxTime,
		connectTimeoutMs: flags.connectTimeout,
		maxTimeMs: flags.maxTime,
		stallTimeMs: flags.stallTime,
		speedLimitBytesPerSecond: flags.speedLimit,
		speedTimeMs: flags.speedTime,
		maxFilesizeBytes: flags.maxFilesize,
		remoteTime: flags.remoteTime ?? false,
		contentCheck: flags.contentCheck,
		compressed: flags.compressed ?? false,
		raw: flags.raw ?? false,
		headers: headersOf(flags),
		rate: flags.rate,
		maxPerHost: flags.maxPerHost,
		proxy: proxiesOf(flags.proxy, env, bundledHost),
		...tlsFiles,
		caCertificates: caCertificates.length === 0 ? undefined : caCertificates.join('\n'),
		resolve: flags.resolve,
		logins: netrc === undefined ? undefined : readNetrc(netrc, { env, cwd }),
		cookies: cookies === undefined ? undefined : readCookies(cookies, cwd),
		insecure: flags.insecure ?? false,
		seed: flags.seed,
		detail,
	};
	return present(options);
}

/** What `-H` says goes before what the other options make of it. */
function headersOf({ header, userAgent, user }: GetFlags): DownloadOptions['headers'] {
	return {
		...(userAgent !== undefined && { 'user-agent': userAgent }),
		...(user !== undefined && { authorization: authorizationOfUser(user) }),
		...header,
	};
}

/**
 * The proxies of `--proxy`, or of `http_proxy`, `https_proxy` and `all_proxy`, and the hosts of
 * `no_proxy`, which holds for both. Lower case goes before upper case, as for curl.
 *
 * @param proxy - Empty: none, whatever the environment says.
 * @param own - Host and port of the bundled server, which no proxy could reach.
 * @returns `undefined` where there is none.
 * @throws {UsageError} When one is not a proxy of HTTP or SOCKS.
 */
export function proxiesOf(
	proxy: string | undefined,
	env: Io['env'],
	own?: string,
): ProxyOptions | undefined {
	if (proxy === '') {
		return undefined;
	}
	const httpProxy = read('--proxy', proxy) ?? fromEnv(env, 'http_proxy', 'all_proxy');
	const httpsProxy = read('--proxy', proxy) ?? fromEnv(env, 'https_proxy', 'all_proxy');
	if (httpProxy === undefined && httpsProxy === undefined) {
		return undefined;
	}

	const noProxy = [env['no_proxy'] || env['NO_PROXY'], own].filter(Boolean).join(',') || undefined;
	return present({ httpProxy, httpsProxy, noProxy });
}

function fromEnv(env: Io['env'], ...names: readonly string[]): string | undefined {
	for (const name of names.flatMap((lower) => [lower, lower.toUpperCase()])) {
		const value = read(name, env[name]);
		if (value !== undefined) {
			return value;
		}
	}
	return undefined;
}

function read(name: string, text: string | undefined): string | undefined {
	if (text === undefined || text === '') {
		return undefined;
	}

	// A proxy may have a user and a password, and may be written without its scheme, as for curl.
	const full = text.includes('://') ? text : `http://${text}`;
	try {
		// In what else it may have in it a proxy of SOCKS is like one of HTTP.
		httpUrl(splitUserInfo(full.replace(SOCKS, 'http://')).url);
		return full;
	} catch (cause) {
		const isOther = /^socks/i.test(full) && !SOCKS.test(full);
		const meant = isOther ? 'socks5:// or socks5h://' : undefined;
		const hint = full.includes('@') ? '; in a password write / as %2F, ? as %3F and # as %23' : '';
		throw new UsageError(
			`${name}: ${explainInput(quoteUrl(full), `a proxy of HTTP or SOCKS 5, such as http://proxy.example:3128 or socks5://127.0.0.1:1080${hint}`, meant)}`,
			{ cause },
		);
	}
}

/** The names of hosts are looked up here; with an `h` the proxy does. */
const SOCKS = /^socks5h?:\/\//i;
