import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { DownloadOptions } from '../../download/options.ts';
import { UsageError } from '../../util/errors.ts';
import { type AllMembers, present } from '../../util/members.ts';
import { readTextFile } from '../../util/read-text-file.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Io } from '../io.ts';
import { proxiesOf } from './proxies.ts';

export interface Circumstances extends Pick<Io, 'env' | 'cwd'> {
	/** Host and port of the bundled server, where there is one. */
	readonly bundledHost?: string | undefined;
	/** Whether somebody will look at single attempts. */
	readonly detail: boolean;
}

/**
 * The options of the unit of work.
 *
 * @throws {UsageError} When a proxy is none, or a certificate cannot be read.
 */
export function downloadOptions(
	flags: GetFlags,
	{ env, cwd, bundledHost, detail }: Circumstances,
): DownloadOptions {
	const { cacert } = flags;
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
		contentCheck: flags.contentCheck,
		compressed: flags.compressed ?? false,
		raw: flags.raw ?? false,
		headers: headersOf(flags),
		rate: flags.rate,
		maxPerHost: flags.maxPerHost,
		proxy: proxiesOf(flags.proxy, env, bundledHost),
		caCertificates: cacert === undefined ? undefined : certificates(resolve(cwd, cacert), cacert),
		insecure: flags.insecure ?? false,
		seed: flags.seed,
		detail,
	};
	return present(options);
}

function headersOf({ header, userAgent }: GetFlags): DownloadOptions['headers'] {
	return userAgent === undefined ? header : { 'user-agent': userAgent, ...header };
}

function certificates(path: string, asGiven: string): string {
	let pem: string;
	try {
		pem = readTextFile(path);
	} catch (error) {
		const { message } = error as Error;
		throw new UsageError(`--cacert: cannot read ${asGiven}: ${message}`, { cause: error });
	}
	const found = pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
	if (found.length === 0 || !found.every(isCertificate)) {
		const what = found.length === 0 ? 'no certificate' : 'a broken certificate';
		throw new UsageError(`--cacert: found ${what} in ${asGiven}; allowed: a file of PEM`);
	}
	return pem;
}

function isCertificate(pem: string): boolean {
	try {
		return new X509Certificate(pem).raw.length > 0;
	} catch {
		return false;
	}
}
