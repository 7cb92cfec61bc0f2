import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from './this-test.ts';

export interface TestSocks {
	/** `127.0.0.1:port`. */
	readonly host: string;
	/** Requested hosts and ports, as received. */
	readonly asked: readonly string[];
	/** Received users and passwords. */
	readonly logins: readonly string[];
}

export interface TestSocksOptions {
	/** Required `user:password`. */
	readonly login?: string;
	/** Replies with this code to each request, instead of connecting. */
	readonly reply?: number;
	/** Sends these bytes as its first reply. */
	readonly greeting?: readonly number[];
	/** Accepts connections and never replies. */
	readonly silent?: boolean;
	/** Port on 127.0.0.1 that each connection leads to, whatever the requested host. */
	readonly to?: number;
	/** Sends each byte of its replies on its own. */
	readonly slowly?: boolean;
}

/** A minimal SOCKS 5 proxy (RFC 1928, RFC 1929). */
export async function startSocks(options: TestSocksOptions = {}): Promise<TestSocks> {
	const asked: string[] = [];
	const logins: string[] = [];
	const sockets = new Set<Socket>();
	const server = createServer((client) => {
		sockets.add(client);
		client.on('error', () => {});
		if (options.silent !== true) {
			serve(client, options, { asked, logins, sockets }).catch(() => client.destroy());
		}
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => {
		for (const socket of sockets) {
			socket.destroy();
		}
		server.close();
	});
	return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked, logins };
}

interface Notes {
	readonly asked: string[];
	readonly logins: string[];
	readonly sockets: Set<Socket>;
}

async function serve(
	client: Socket,
	options: TestSocksOptions,
	{ asked, logins, sockets }: Notes,
): Promise<void> {
	const say = async (bytes: readonly number[]) => {
		const pieces = options.slowly === true ? bytes.map((byte) => [byte]) : [bytes];
		for (const piece of pieces) {
			client.write(Buffer.from(piece));
			await new Promise((resolve) => setImmediate(resolve));
		}
	};
	const [, count = 0] = await take(client, 2);
	const methods = await take(client, count);
	if (options.greeting !== undefined) {
		client.end(Buffer.from(options.greeting));
		return;
	}
	if (options.login === undefined) {
		await say([5, 0]);
	} else if (methods.includes(2)) {
		await say([5, 2]);
		const [, userLength = 0] = await take(client, 2);
		const user = await take(client, userLength);
		const [passwordLength = 0] = await take(client, 1);
		const password = passwordLength === 0 ? '' : await take(client, passwordLength);
		logins.push(`${user.toString()}:${password.toString()}`);
		const isRight = logins.at(-1) === options.login;
		await say([1, isRight ? 0 : 1]);
		if (!isRight) {
			client.end();
			return;
		}
	} else {
		client.end(Buffer.from([5, 0xff]));
		return;
	}
	const [, , , kind] = await take(client, 4);
	const host = await hostOf(client, kind);
	const port = (await take(client, 2)).readUInt16BE();
	asked.push(`${host}:${port}`);
	if (options.reply !== undefined) {
		client.end(Buffer.from([5, options.reply, 0, 1, 0, 0, 0, 0, 0, 0]));
		return;
	}
	const to = options.to === undefined ? { host, port } : { host: '127.0.0.1', port: options.to };
	const origin = connect(to);
	sockets.add(origin);
	origin.on('error', () => client.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])));
	await once(origin, 'connect');
	// BND.ADDR may be a name.
	await say([5, 0, 0, 3, 2, 104, 105, 0, 80]);
	client.pipe(origin).pipe(client);
}

async function hostOf(client: Socket, kind: number | undefined): Promise<string> {
	if (kind === 1) {
		return [...(await take(client, 4))].join('.');
	}
	if (kind === 4) {
		const bytes = await take(client, 16);
		const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
		return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
	}
	const [length = 0] = await take(client, 1);
	return (await take(client, length)).toString();
}

async function take(socket: Socket, bytes: number): Promise<Buffer> {
	return await new Promise((resolve) => {
		const look = () => {
			const found = socket.read(bytes) as Buffer | null;
			if (found !== null) {
				socket.off('readable', look);
				resolve(found);
			}
		};
		socket.on('readable', look);
	});
}
