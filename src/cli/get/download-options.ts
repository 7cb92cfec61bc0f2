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

export interface DownloadContext extends Pick<Io, 'env' | 'cwd'> {
	/** Host and port of the bundled server, if it is used. */
	readonly bundledHost?: string | undefined;
	/** CA certificate of the bundled server as PEM, if it speaks HTTPS. */
	readonly bundledCa?: string | undefined;
	/** Whether a report shows individual attempts. */
	readonly detail: boolean;
}

/** @throws {UsageError} If a proxy is invalid, or a file cannot be read. */
export function downloadOptions(
	flags: GetFlags,
	{ env, cwd, bundledHost, bundledCa, detail }: DownloadContext,
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

/** Fields of `-H` take precedence over those of other options. */
function headersOf({ header, userAgent, user }: GetFlags): DownloadOptions['headers'] {
	return {
		...(userAgent !== undefined && { 'user-agent': userAgent }),
		...(user !== undefined && { authorization: authorizationOfUser(user) }),
		...header,
	};
}

/**
 * Proxies from `--proxy`, or from `http_proxy`, `https_proxy` and `all_proxy`. The hosts of `no_proxy` apply to
 * both. Lower case takes precedence over upper case, as for curl.
 *
 * @param proxy - Empty for no proxy, regardless of the environment.
 * @param bundledHost - Host and port of the bundled server, which a proxy could not reach.
 * @returns `undefined` if there is none.
 * @throws {UsageError} If one is not an HTTP or SOCKS proxy.
 */
export function proxiesOf(
	proxy: string | undefined,
	env: Io['env'],
	bundledHost?: string,
): ProxyOptions | undefined {
	if (proxy === '') {
		return undefined;
	}
	const httpProxy = parseProxy('--proxy', proxy) ?? fromEnv(env, 'http_proxy', 'all_proxy');
	const httpsProxy = parseProxy('--proxy', proxy) ?? fromEnv(env, 'https_proxy', 'all_proxy');
	if (httpProxy === undefined && httpsProxy === undefined) {
		return undefined;
	}

	const noProxy =
		[env['no_proxy'] || env['NO_PROXY'], bundledHost].filter(Boolean).join(',') || undefined;
	return present({ httpProxy, httpsProxy, noProxy });
}

function fromEnv(env: Io['env'], ...names: readonly string[]): string | undefined {
	for (const name of names.flatMap((lower) => [lower, lower.toUpperCase()])) {
		const value = parseProxy(name, env[name]);
		if (value !== undefined) {
			return value;
		}
	}
	return undefined;
}

function parseProxy(name: string, text: string | undefined): string | undefined {
	if (text === undefined || text === '') {
		return undefined;
	}
	if (/^\d+$/.test(text)) {
		// For aria2, -x is a number of connections.
		throw new UsageError(
			`${name}: ${explainInput(quoteUrl(text), 'the URL of a proxy; requests in flight at once are -c')}`,
		);
	}

	// A proxy may have user info, and the scheme is optional, as for curl.
	const url = text.includes('://') ? text : `http://${text}`;
	try {
		// Apart from the scheme, a SOCKS proxy follows the same rules.
		httpUrl(splitUserInfo(url.replace(SOCKS, 'http://')).url);
		return url;
	} catch (cause) {
		const isOtherSocks = /^sock/i.test(url) && !SOCKS.test(url);
		const meant = isOtherSocks ? 'socks5:// or socks5h://' : undefined;
		const hint = url.includes('@') ? '; in a password write / as %2F, ? as %3F and # as %23' : '';
		throw new UsageError(
			`${name}: ${explainInput(quoteUrl(url), `a proxy of HTTP or SOCKS 5, such as http://proxy.example:3128 or socks5://127.0.0.1:1080${hint}`, meant)}`,
			{ cause },
		);
	}
}

/** Host names are resolved locally; with an `h`, by the proxy. */
const SOCKS = /^socks5h?:\/\//i;
