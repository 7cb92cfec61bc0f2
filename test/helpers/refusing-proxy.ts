import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

const CLOCK = `const real = performance.now.bind(performance);
let aheadMs = 0;
performance.now = () => real() + aheadMs;
process.on('SIGUSR2', () => setInterval(() => { aheadMs += 50; }, 10).unref());`;

/**
 * After SIGUSR2 the clock runs six times as fast: the minute of waiting for Redis passes in ten seconds, while
 * refusals still follow each other faster.
 */
export const FAST_CLOCK = {
	NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(CLOCK)}`,
};

/** A proxy in front of Redis that can answer commands itself. It is closed at the end of the test. */
export interface RefusingProxy {
	readonly url: string;
	/** Answers each further command with this line, except those that open a connection; `undefined`: forwards them. */
	refuse(line: string | undefined): void;
	/**
	 * Answers the next matching command with this line. Commands before it in the same packet get OK, and those
	 * after it no answer.
	 */
	refuseOnce(line: string, command: RegExp): void;
	/** Closes the port and all connections. */
	close(): void;
	/** Number of commands refused by `refuseOnce`. */
	readonly refusedOnce: number;
}

export async function startRefusingProxy(port: number): Promise<RefusingProxy> {
	let refusal: string | undefined;
	let next: { readonly line: string; readonly command: RegExp } | undefined;
	let refusedOnce = 0;
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		const redis = connect(port, '127.0.0.1');
		for (const one of [socket, redis]) {
			sockets.add(one);
			one.on('error', () => {});
			one.on('close', () => {
				socket.destroy();
				redis.destroy();
			});
		}
		redis.pipe(socket);
		socket.on('data', (chunk) => {
			const commands = String(chunk).split(/(?=(?<=^|\r\n)\*\d+\r\n\$)/);
			const index = commands.findIndex((command) => next?.command.test(command));
			if (next !== undefined && index !== -1) {
				socket.write(`${'+OK\r\n'.repeat(index)}${next.line}\r\n`);
				next = undefined;
				refusedOnce += 1;
			} else if (
				refusal === undefined ||
				/\r\n(info|client|hello|select)\r\n/i.test(String(chunk))
			) {
				redis.write(chunk);
			} else {
				socket.write(`${refusal}\r\n`.repeat(commands.length));
			}
		});
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const close = () => {
		for (const socket of sockets) {
			socket.destroy();
		}
		server.close();
	};
	onTestFinished(close);
	const { port: own } = server.address() as { readonly port: number };
	return {
		url: `redis://127.0.0.1:${own}`,
		close,
		refuse: (line) => {
			refusal = line;
		},
		refuseOnce: (line, command) => {
			next = { line, command };
		},
		get refusedOnce() {
			return refusedOnce;
		},
	};
}
