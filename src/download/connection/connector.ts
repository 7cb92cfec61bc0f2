import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP, type Socket } from 'node:net';
import process from 'node:process';
import { buildConnector } from 'undici';
import type { DownloadOptions } from '../options.ts';
import { hideNameMismatch, markServerCertificate } from './connection-error.ts';
import { lookUp } from './look-up.ts';

/** Node's default is 250 ms per address, which fails healthy hosts on a slow network. */
const ADDRESS_TIMEOUT_MS = 2_000;

/** Opens a connection, with TLS for `https:`. */
export type Connector = buildConnector.connector;

export function createConnector(options: DownloadOptions): Connector {
	/** Addresses of each name that is about to be connected to. */
	const found = new Map<string, readonly LookupAddress[]>();
	const connect = build(options, found);
	const connectTo = (addresses: readonly LookupAddress[], ...given: Parameters<Connector>) => {
		const [{ hostname }] = given;
		found.set(hostname, addresses);
		// `connect` reads them synchronously.
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

/** @returns The addresses of `--resolve` for a host and port, if any. */
export function addressesOf(
	resolve: DownloadOptions['resolve'],
	{ hostname, port, protocol }: Pick<buildConnector.Options, 'hostname' | 'port' | 'protocol'>,
): string | undefined {
	const at = port || (protocol === 'https:' ? '443' : '80');
	return resolve?.[`${hostname}:${at}`] ?? resolve?.[`*:${at}`];
}

/**
 * undici's connector returns the socket, although its types do not say so.
 *
 * @param found - Addresses to connect to. The certificate must still match the name.
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
		autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
	}) as (...given: Parameters<Connector>) => Socket;
	return (target, callback) => {
		const socket = connect(target, (error, connected) => {
			if (error === null) {
				callback(null, connected);
			} else {
				callback(hideNameMismatch(markServerCertificate(error, socket)), null);
			}
		});
	};
}

type LookupCallback = (
	error: Error | null,
	found: string | LookupAddress[],
	family?: number,
) => void;

/** @returns A function with the signature of `dns.lookup`. */
function lookupIn(
	known: ReadonlyMap<string, readonly LookupAddress[]>,
): (hostname: string, options: LookupOptions, callback: LookupCallback) => void {
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
