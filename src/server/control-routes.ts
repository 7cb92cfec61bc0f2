import type { IncomingMessage } from 'node:http';
import { type Answer, jsonAnswer, textAnswer } from './answer.ts';
import { controlRefusal } from './control-access.ts';
import type { PlainRequest } from './plain-route.ts';
import type { RequestLog } from './request-log.ts';

/** `GET /__flagdl/log` and `POST /__flagdl/reset`. */
export class ControlRoutes {
	readonly #log: RequestLog;
	readonly #allowHosts: readonly string[];
	readonly #reset: () => void;

	constructor(log: RequestLog, allowHosts: readonly string[], reset: () => void) {
		this.#log = log;
		this.#allowHosts = allowHosts;
		this.#reset = reset;
	}

	answer({ method, path }: PlainRequest, request: IncomingMessage): Answer | undefined {
		if (!path.startsWith('/__flagdl/')) {
			return undefined;
		}
		const refusal = controlRefusal(request, this.#allowHosts);
		if (refusal !== undefined) {
			return textAnswer(403, `${refusal}\n`, { connection: 'close' });
		}
		if (path === '/__flagdl/log') {
			if (method !== 'GET' && method !== 'HEAD') {
				return notAllowed('GET, HEAD');
			}
			const { gone } = this.#log;
			return jsonAnswer(200, {
				summary: this.#log.summary(),
				gone,
				requests: this.#log.entries(),
			});
		}
		if (path === '/__flagdl/reset') {
			if (method !== 'POST') {
				return notAllowed('POST');
			}
			this.#reset();
			return { status: 204, headers: { 'cache-control': 'no-store' } };
		}
		return undefined;
	}
}

function notAllowed(allow: string): Answer {
	return textAnswer(405, 'method not allowed\n', { allow, connection: 'close' });
}
