import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';

export interface Response {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly body: Buffer;
}

/** One request with Node's client, on its own connection unless an agent is given. */
export function httpRequest(url: string, options: RequestOptions = {}): Promise<Response> {
	return new Promise((resolve, reject) => {
		const sent = request(url, { agent: false, ...options }, (response) => {
			const chunks: Buffer[] = [];
			response.on('data', (chunk: Buffer) => chunks.push(chunk));
			response.on('error', reject);
			response.on('end', () => {
				const { statusCode = 0, headers } = response;
				resolve({ status: statusCode, headers, body: Buffer.concat(chunks) });
			});
		});
		sent.on('error', reject);
		sent.end();
	});
}
