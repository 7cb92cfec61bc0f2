import type { ProxyOptions } from '../../download/options.ts';
import { httpUrl, splitUserInfo } from '../../targets/url.ts';
import { UsageError } from '../../util/errors.ts';
import { quoteUrl } from '../../util/text.ts';
import type { Io } from '../io.ts';

/**
 * The proxies of `--proxy`, or of `http_proxy`, `https_proxy` and `all_proxy`, and the hosts of
 * `no_proxy`, which holds for both. Lower case goes before upper case, as for curl.
 *
 * @param proxy - Empty: none, whatever the environment says.
 * @param own - Host and port of the bundled server, which no proxy could reach.
 * @returns `undefined` where there is none.
 * @throws {UsageError} When one is not a proxy of HTTP.
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

	const noProxy = [env['no_proxy'] || env['NO_PROXY'], own].filter(Boolean).join(',');
	return {
		...(httpProxy !== undefined && { httpProxy }),
		...(httpsProxy !== undefined && { httpsProxy }),
		...(noProxy !== '' && { noProxy }),
	};
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
		httpUrl(splitUserInfo(full).url);
		return full;
	} catch (cause) {
		throw new UsageError(
			`${name}: found ${quoteUrl(full)}; allowed: a proxy of HTTP, such as http://proxy.example:3128`,
			{ cause },
		);
	}
}
