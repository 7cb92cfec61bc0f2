import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP, type Socket } from 'node:net';
import process from 'node:process';
import { buildConnector } from 'undici';
import type { DownloadOptions } from '../options.ts';
import { withoutWrongName, withServerCertificate } from './tls-error.ts';

/** Node gives each address 250 ms; on a slow network that fails hosts that are well. */
const ATTEMPT_TIMEOUT_MS = 2_000;

/** Opens a connection, with TLS on it for `https:`. */
export type Connector = buildConnector.connector;

export function openConnector(options: DownloadOptions): Connector {
	const usual = build(options);
	const { resolve } = options;
	if (resolve === undefined) {
		return usual;
	}
	const pinned = new Map<string, Connector>();
	return (target, callback) => {
		const addresses = target.httpSocket ? undefined : addressesOf(resolve, target);
		if (addresses === undefined) {
			usual(target, callback);
			return;
		}
		const connect = pinned.get(addresses) ?? build(options, addresses.split(','));
		pinned.set(addresses, connect);
		connect(target, callback);
	};
}

/** The addresses that `--resolve` has for a host and port, if it has any. */
export function addressesOf(
	resolve: DownloadOptions['resolve'],
	{ hostname, port, protocol }: Pick<buildConnector.Options, 'hostname' | 'port' | 'protocol'>,
): string | undefined {
	const at = port || (protocol === 'https:' ? '443' : '80');
	return resolve?.[`${hostname}:${at}`] ?? resolve?.[`*:${at}`];
}

/**
 * undici's connector returns the socket, though its types do not say so.
 *
 * @param addresses - To connect to, whatever the name resolves to. The certificate is still that of the name.
 */
function build(options: DownloadOptions, addresses?: readonly string[]): Connector {
	const { caCertificates, clientCertificate, clientKey } = options;
	const connect = buildConnector({
		rejectUnauthorized: !options.insecure,
		...(caCertificates !== undefined && { ca: caCertificates }),
		...(clientCertificate !== undefined && { cert: clientCertificate }),
		...(clientKey !== undefined && { key: clientKey }),
		...(addresses !== undefined && { lookup: lookupOf(addresses) }),
		timeout: options.connectTimeoutMs,
		autoSelectFamily: true,
		autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
	}) as (...given: Parameters<Connector>) => Socket;
	return (target, callback) => {
		const socket = connect(target, (error, connected) => {
			if (error === null) {
				callback(null, connected);
			} else {
				callback(withoutWrongName(withServerCertificate(error, socket)), null);
			}
		});
	};
}

type Found = (error: Error | null, found: string | LookupAddress[], family?: number) => void;

/** In the form of `dns.lookup`. */
function lookupOf(
	addresses: readonly string[],
): (hostname: string, options: LookupOptions, callback: Found) => void {
	const found = addresses.map((address) => ({ address, family: isIP(address) }));
	return (_, { all }, callback) => {
		const [first] = found;
		process.nextTick(() => {
			if (all === true) {
				callback(null, found);
			} else {
				callback(null, first?.address ?? '', first?.family);
			}
		});
	};
}
