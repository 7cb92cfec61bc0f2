import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { closePort, openPort } from '../helpers/held-content.ts';
import { onTestFinished } from '../helpers/this-test.ts';

/**
 * Listens on a free port until the test is finished, which also closes all connections.
 *
 * @returns The port.
 */
export async function listen(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket: Socket) => {
		sockets.add(socket);
		// A client that disconnects early is no failure of the test.
		socket.on('error', () => {}).on('close', () => sockets.delete(socket));
	});
	server.listen(port, host);
	await once(server, 'listening');
	const { port: taken } = server.address() as AddressInfo;
	openPort(taken);
	onTestFinished(async () => {
		for (const socket of sockets) {
			socket.destroy();
		}
		server.close();
		await once(server, 'close');
		closePort(taken);
	});
	return taken;
}
