import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type Answer, answering, GIF } from './hold-server.ts';

/** A GIF of some 300 to 3,400 bytes, whose trailing bytes are different for each number. */
export function contentOf(number: number): Buffer {
	const size = 300 + (hash(`size ${number}`) % 3000);
	return Buffer.concat([GIF, Buffer.from(` ${number} `), Buffer.alloc(size, number)]);
}

/** Faults the first request for a share of the files, in the same way in each run. */
export function answerWithFaults(share: number): Answer {
	const attempts = new Map<string, number>();
	const answer: Answer = (request, response) => {
		const path = request.url ?? '';
		const attempt = (attempts.get(path) ?? 0) + 1;
		attempts.set(path, attempt);
		const content = contentAt(path);
		const isFaulty = attempt === 1 && hash(`fault ${path}`) % 1000 < share * 1000;
		if (!isFaulty) {
			send(response, content);
			return;
		}
		switch (hash(`kind ${path}`) % 4) {
			case 0:
				response.writeHead(500).end('not now');
				return;
			case 1:
				request.socket.resetAndDestroy();
				return;
			case 2:
				response.writeHead(200, { 'content-type': 'image/gif', 'content-length': content.length });
				response.write(content.subarray(0, content.length / 2), () => request.socket.destroy());
				return;
			default:
				response.writeHead(200, { 'content-type': 'text/html' }).end('<html>sign in</html>');
		}
	};
	return Object.assign(answer, { held: contentAt });
}

export const answerNumbered: Answer = answering(contentAt, { 'content-type': 'image/gif' });

function contentAt(path: string): Buffer {
	return contentOf(numberOf(path));
}

/** The number in a path such as `/12.gif`. */
function numberOf(path: string): number {
	return Number(/\/(\d+)\.gif/.exec(path)?.[1] ?? Number.NaN);
}

/** A list for `flagdl get -i -`: one URL per line. */
export function listOf(count: number, base: string): string {
	return Array.from({ length: count }, (_, number) => `${base}/${number}.gif\n`).join('');
}

function send(response: ServerResponse, content: Buffer): void {
	response
		.writeHead(200, { 'content-type': 'image/gif', 'content-length': content.length })
		.end(content);
}

function hash(text: string): number {
	return createHash('sha1').update(text).digest().readUInt32BE();
}
