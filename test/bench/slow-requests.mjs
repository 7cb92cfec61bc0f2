// Loaded into a client with --import: delays every request by SLOW_MS, and changes nothing else.
import { Socket } from 'node:net';

const SLOW_MS = Number(process.env.SLOW_MS);
const write = Socket.prototype.write;

Socket.prototype.write = function (...args) {
	// A pipe is a socket, too, but carries no requests.
	if (this.remotePort === undefined) {
		return write.apply(this, args);
	}
	setTimeout(() => write.apply(this, args), SLOW_MS);
	return true;
};
