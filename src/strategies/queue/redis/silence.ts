import type { Redis } from 'ioredis';

/** How often a connection that says nothing is asked, and how long its answer may take. */
const PING_MS = 5_000;
const PONG_MS = 15_000;

/** Ends each try that connects and then hears nothing. */
export function endSilence(connection: Redis, patienceMs: number, onSilence: () => void): void {
	let patience: NodeJS.Timeout | undefined;
	connection.on('connect', () => {
		patience = setTimeout(() => {
			onSilence();
			connection.disconnect(true);
		}, patienceMs);
	});
	for (const event of ['ready', 'close', 'end']) {
		connection.on(event, () => clearTimeout(patience));
	}
}

/**
 * Asks a connection now and then: a machine that vanished closes none, only a question without an
 * answer tells.
 *
 * @returns Ends it.
 */
export function watch(client: Redis, onSilence: () => void): () => void {
	let asked = false;
	const timer = setInterval(() => {
		if (asked || client.status !== 'ready') {
			return;
		}
		asked = true;
		const patience = setTimeout(onSilence, PONG_MS);
		const answered = () => {
			asked = false;
			clearTimeout(patience);
		};
		client.ping().then(answered, answered);
	}, PING_MS);
	timer.unref();
	return () => clearInterval(timer);
}
