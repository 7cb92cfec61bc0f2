import type { RequestListener } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import { answerGif } from '../helpers/hold-server.ts';
import type { Identity } from '../helpers/tls.ts';
import { listen } from './listen.ts';

export interface TlsOrigin {
	readonly port: number;
	/** Requested paths. */
	readonly paths: readonly string[];
}

export interface TlsOriginOptions extends ServerOptions {
	readonly answer?: RequestListener;
	readonly host?: string;
}

/** A TLS origin, on 127.0.0.1 by default, that responds with a GIF. */
export async function startTlsOrigin(
	{ cert, key }: Identity,
	{ answer = answerGif, host, ...more }: TlsOriginOptions = {},
): Promise<TlsOrigin> {
	const paths: string[] = [];
	const server = createServer({ cert, key, ...more }, (request, response) => {
		paths.push(request.url ?? '');
		answer(request, response);
	});
	return { port: await listen(server, host), paths };
}
