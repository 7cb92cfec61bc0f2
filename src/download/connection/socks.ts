import { isIP, type Socket } from 'node:net';
import type { buildConnector } from 'undici';
import type { DownloadOptions } from '../options.ts';
import { SocksError } from './connection-error.ts';
import { addressesOf } from './connector.ts';
import { lookUp } from './look-up.ts';
import type { ProxyServer } from './proxy.ts';

const VERSION = 5;
const NO_LOGIN = 0;
const LOGIN = 2;
const CONNECT = 1;
const ADDRESS = { v4: 1, name: 3, v6: 4 } as const;
/** A length is one byte. */
const MAX_BYTES = 255;

/** Failure replies, from 1. */
const REPLIES: readonly (readonly [code: string, what: string])[] = [
	['proxy_failed', 'it failed'],
	['proxy_refused', 'its rules do not allow it'],
	['proxy_failed', 'the network is out of reach'],
	['proxy_failed', 'the host is out of reach'],
	['proxy_failed', 'the connection was refused'],
	['proxy_failed', 'the way is too long (TTL)'],
	['proxy_refused', 'it knows no CONNECT'],
	['proxy_refused', 'it does not take addresses of this kind'],
];

/**
 * Opens a tunnel to an origin through a SOCKS 5 proxy. Afterwards the socket is connected to the origin.
 *
 * undici's `Socks5ProxyAgent` is a separate dispatcher, which would bypass the pool and its lenient parser.
 *
 * @throws {SocksError} If the proxy refuses. Errors of the resolver are thrown as they are.
 * @see {@link https://www.rfc-editor.org/rfc/rfc1928 | RFC 1928}, {@link https://www.rfc-editor.org/rfc/rfc1929 | RFC 1929}
 */
export async function openSocksTunnel(
	socket: Socket,
	proxy: ProxyServer,
	target: buildConnector.Options,
	options: DownloadOptions,
): Promise<void> {
	const reader = new SocketReader(socket, proxy.host);
	const timer = setTimeout(() => {
		socket.destroy(new SocksError(proxy.host, 'connect_timeout', timeoutMessage(options)));
	}, options.connectTimeoutMs);
	try {
		const host = await hostFor(proxy, target, options);
		await authenticate(reader, proxy);
		const port = Number(target.port || (target.protocol === 'https:' ? 443 : 80));
		await connect(reader, host, port);
	} catch (error) {
		socket.on('error', () => {}).destroy();
		throw error;
	} finally {
		clearTimeout(timer);
		reader.close();
	}
}

function timeoutMessage({ connectTimeoutMs }: DownloadOptions): string {
	return `no connection within ${connectTimeoutMs / 1000} s`;
}

/** @returns The host to send to the proxy: a name, or an address resolved here. */
async function hostFor(
	{ socks }: ProxyServer,
	target: buildConnector.Options,
	{ resolve, connectTimeoutMs }: DownloadOptions,
): Promise<string> {
	const { hostname } = target;
	if (isIP(hostname) !== 0 || socks?.resolves === 'proxy') {
		return hostname;
	}
	const [given] = addressesOf(resolve, target)?.split(',') ?? [];
	const [first] = given === undefined ? await lookUp(hostname, connectTimeoutMs) : [];
	return given ?? first?.address ?? hostname;
}

async function authenticate(reader: SocketReader, { host, socks }: ProxyServer): Promise<void> {
	const { socket } = reader;
	const methods = socks?.login === undefined ? [NO_LOGIN] : [NO_LOGIN, LOGIN];
	socket.write(Buffer.from([VERSION, methods.length, ...methods]));
	const [version, method] = await reader.read(2);
	if (version !== VERSION) {
		throw new SocksError(host, 'proxy_refused', 'it does not speak SOCKS 5');
	}
	if (method === LOGIN && socks?.login !== undefined) {
		const { user, password } = socks.login;
		socket.write(
			Buffer.from([1, ...lengthPrefixed(user, host), ...lengthPrefixed(password, host)]),
		);
		const [, status] = await reader.read(2);
		if (status !== 0) {
			throw new SocksError(host, 'proxy_auth_required', 'it wants another user or password');
		}
	} else if (method !== NO_LOGIN) {
		const what = socks?.login === undefined ? 'a user and password' : 'another kind of login';
		throw new SocksError(host, 'proxy_auth_required', `it wants ${what}`);
	}
}

/** Encodes a length-prefixed string. */
function lengthPrefixed(text: string, proxy: string): number[] {
	const bytes = Buffer.from(text);
	if (bytes.length > MAX_BYTES) {
		const what = `a user, password or host of more than ${MAX_BYTES} bytes cannot be sent to it`;
		throw new SocksError(proxy, 'proxy_refused', what);
	}
	return [bytes.length, ...bytes];
}

async function connect(reader: SocketReader, host: string, port: number): Promise<void> {
	const { socket, proxy } = reader;
	const address = addressBytes(host, proxy);
	socket.write(Buffer.from([VERSION, CONNECT, 0, ...address, port >> 8, port & 0xff]));
	const [version, reply = 0, , kind] = await reader.read(4);
	if (version !== VERSION) {
		throw new SocksError(proxy, 'proxy_refused', 'it does not speak SOCKS 5');
	}
	if (reply !== 0) {
		const [code, what] = REPLIES[reply - 1] ?? ['proxy_failed', `it says ${reply}`];
		throw new SocksError(proxy, code, what);
	}
	// The bound address, which is not needed.
	const [length = 0] = kind === ADDRESS.name ? await reader.read(1) : [];
	const bytes = { [ADDRESS.v4]: 4, [ADDRESS.v6]: 16, [ADDRESS.name]: length }[kind ?? 0];
	if (bytes === undefined) {
		throw new SocksError(proxy, 'proxy_refused', 'it does not speak SOCKS 5');
	}
	await reader.read(bytes + 2);
}

function addressBytes(host: string, proxy: string): number[] {
	switch (isIP(host)) {
		case 4:
			return [ADDRESS.v4, ...host.split('.').map(Number)];
		case 6:
			return [ADDRESS.v6, ...bytesOfV6(host)];
		default:
			return [ADDRESS.name, ...lengthPrefixed(host, proxy)];
	}
}

/** `URL` normalizes an address: no embedded IPv4, no zone, at most one `::`. */
function bytesOfV6(address: string): number[] {
	const { hostname } = new URL(`http://[${address}]`);
	const [before = '', after] = hostname.slice(1, -1).split('::');
	const groups = (text = '') => (text === '' ? [] : text.split(':'));
	const [head, tail] = [groups(before), groups(after)];
	const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
	return [...head, ...zeros, ...tail].flatMap((group) => {
		const value = Number.parseInt(group, 16);
		return [value >> 8, value & 0xff];
	});
}

/** Reads an exact number of bytes at a time, and leaves the rest in the socket. */
class SocketReader {
	readonly socket: Socket;
	/** Host and port of the proxy. */
	readonly proxy: string;
	#wake: (() => void) | undefined;
	readonly #onChange = () => this.#wake?.();

	constructor(socket: Socket, proxy: string) {
		this.socket = socket;
		this.proxy = proxy;
		for (const event of EVENTS) {
			socket.on(event, this.#onChange);
		}
	}

	/** @throws {SocksError} If the connection ends early. */
	async read(bytes: number): Promise<Buffer> {
		for (;;) {
			const found = this.socket.read(bytes) as Buffer | null;
			if (found?.length === bytes) {
				return found;
			}
			if (found !== null || this.socket.readableEnded || this.socket.destroyed) {
				const early = new SocksError(this.proxy, 'proxy_failed', 'it closed the connection early');
				throw this.socket.errored ?? early;
			}
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}

	close(): void {
		for (const event of EVENTS) {
			this.socket.off(event, this.#onChange);
		}
	}
}

const EVENTS = ['readable', 'end', 'error', 'close'];
