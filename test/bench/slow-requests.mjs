// Loaded into a client with --import: every request leaves SLOW_MS later. Nothing else changes.
import { Socket } from 'node:net';

const SLOW_MS = Number(process.env.SLOW_MS);
const write = Socket.prototype.write;

Socket.prototype.write = function (...args) {
	// A pipe is a socket as well, and is none that a request leaves by.
	if (this.remotePort === undefined) {
		return write.apply(this, args);
	}
	setTimeout(() => write.apply(this, args), SLOW_MS);
	return true;
};
