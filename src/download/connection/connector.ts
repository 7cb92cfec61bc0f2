import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP, type Socket } from 'node:net';
import process from 'node:process';
import { buildConnector } from 'undici';
import type { DownloadOptions } from '../options.ts';
import { withoutWrongName, withServerCertificate } from './connection-error.ts';
import { lookUp } from './look-up.ts';

/** Node gives each address 250 ms; on a slow network that fails hosts that are well. */
const ATTEMPT_TIMEOUT_MS = 2_000;

/** Opens a connection, with TLS on it for `https:`. */
export type Connector = buildConnector.connector;

export function openConnector(options: DownloadOptions): Connector {
	/** Of each name that is about to be connected to. */
	const found = new Map<string, readonly LookupAddress[]>();
	const connect = build(options, found);
	const connectTo = (addresses: readonly LookupAddress[], ...given: Parameters<Connector>) => {
		const [{ hostname }] = given;
		found.set(hostname, addresses);
		// It reads them before it returns.
		connect(...given);
		found.delete(hostname);
	};
	return (target, callback) => {
		const { hostname, httpSocket } = target;
		if (httpSocket !== undefined || isIP(hostname) !== 0) {
			connect(target, callback);
			return;
		}
		const pinned = addressesOf(options.resolve, target);
		if (pinned !== undefined) {
			const addresses = pinned.split(',').map((address) => ({ address, family: isIP(address) }));
			connectTo(addresses, target, callback);
			return;
		}
		lookUp(hostname, options.connectTimeoutMs).then(
			(addresses) => connectTo(addresses, target, callback),
			(error: unknown) => callback(error as Error, null),
		);
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
 * @param found - Addresses to connect to. The certificate is still that of the name.
 */
function build(
	options: DownloadOptions,
	found: ReadonlyMap<string, readonly LookupAddress[]>,
): Connector {
	const { caCertificates, clientCertificate, clientKey } = options;
	const connect = buildConnector({
		rejectUnauthorized: !options.insecure,
		...(caCertificates !== undefined && { ca: caCertificates }),
		...(clientCertificate !== undefined && { cert: clientCertificate }),
		...(clientKey !== undefined && { key: clientKey }),
		lookup: lookupIn(found),
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
function lookupIn(
	known: ReadonlyMap<string, readonly LookupAddress[]>,
): (hostname: string, options: LookupOptions, callback: Found) => void {
	return (hostname, { all }, callback) => {
		const found = known.get(hostname) ?? [];
		const [first] = found;
		process.nextTick(() => {
			if (all === true) {
				callback(null, [...found]);
			} else {
				callback(null, first?.address ?? '', first?.family);
			}
		});
	};
}
