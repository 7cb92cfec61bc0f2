// The floor of a Node program: undici's clients with minimal handlers; all files that arrive in one turn
// of the event loop are saved together. No retries, checks, limits or names.
//
//   node lean-loop.mjs <list> <directory> <slots>        NODE_EXTRA_CA_CERTS for https
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'undici';

const [list, out, slots] = process.argv.slice(2);
const files = readFileSync(list, 'utf8')
	.trim()
	.split('\n')
	.map((line) => line.split('\t'));
mkdirSync(join(out, '.parts'), { recursive: true });
const { origin } = new URL(files[0][0]);
const clients = Array.from({ length: Number(slots) }, () => new Client(origin));
let next = 0;
let open = 0;
let received = [];

function get(client) {
	if (next === files.length) {
		return;
	}
	const [url, name] = files[next++];
	open += 1;
	client.dispatch(
		{ path: url.slice(origin.length), method: 'GET' },
		new Download(client, join(out, name)),
	);
}

/** The callbacks that undici 7 calls natively; those with newer names are wrapped. */
class Download {
	#chunks = [];

	constructor(client, dest) {
		this.client = client;
		this.dest = dest;
	}

	onConnect() {}

	onHeaders(status) {
		if (status !== 200) {
			throw new Error(`${this.dest}: ${status}`);
		}
		return true;
	}

	onData(chunk) {
		this.#chunks.push(chunk);
		return true;
	}

	onComplete() {
		const content = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
		if (received.push([this.dest, content]) === 1) {
			setImmediate(saveAll);
		}
		queueMicrotask(() => get(this.client));
	}

	onError(error) {
		throw error;
	}
}

function saveAll() {
	const batch = received;
	received = [];
	for (const [dest, content] of batch) {
		const part = join(out, '.parts', '1');
		const file = openSync(part, 'wx');
		writeSync(file, content);
		closeSync(file);
		renameSync(part, dest);
		open -= 1;
	}
	if (open === 0 && next === files.length) {
		for (const client of clients) {
			void client.close();
		}
	}
}

for (const client of clients) {
	get(client);
}
