import { createServer, type RequestListener } from 'node:http';
import { listen } from '../network/listen.ts';
import { type Held, holds, noteRequest } from './held-content.ts';

/**
 * A server that is closed when the test is finished.
 *
 * @param held - What may be saved from it, by path or for all.
 * @param answer - Handles each request.
 * @returns Its URL, without a trailing slash.
 */
export async function serve(held: Held, answer: RequestListener): Promise<string> {
	const server = createServer((request, response) => {
		noteRequest(`${url}${request.url ?? ''}`);
		answer(request, response);
	});
	const url = `http://127.0.0.1:${await listen(server)}`;
	holds(url, held);
	return url;
}
