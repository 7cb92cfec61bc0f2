import { createServer, type RequestListener } from 'node:http';
import { listen } from '../network/listen.ts';
import { type Held, holds, noteRequest } from './held-content.ts';

/**
 * A server of a test, gone when the test is.
 *
 * @param held - What is right to save from it, by path or for all.
 * @param answer - How it answers, well or badly.
 * @returns Its URL, without a slash at the end.
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
