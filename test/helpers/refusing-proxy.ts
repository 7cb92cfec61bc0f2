import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

const CLOCK = `const real = performance.now.bind(performance);
let aheadMs = 0;
performance.now = () => real() + aheadMs;
process.on('SIGUSR2', () => setInterval(() => { aheadMs += 50; }, 10).unref());`;

/** At SIGUSR2, the minute that Redis is waited for goes by in ten seconds: slower than refusals follow each other. */
export const FAST_CLOCK = {
	NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(CLOCK)}`,
};

/** A line in front of Redis that answers commands itself; until the end of the test. */
export interface RefusingProxy {
	readonly url: string;
	/** From now on each command is answered by one line, but those of a connection that begins; undefined: none is. */
	refuse(line: string | undefined): void;
	/** The next command like this is answered by one line, and what was sent together with it before with OK, after with nothing. */
	refuseOnce(line: string, command: RegExp): void;
	/** Nothing is there any more. */
	close(): void;
	/** How many commands have been refused once. */
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
