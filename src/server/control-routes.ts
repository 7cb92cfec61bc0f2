import { type Answer, jsonAnswer, textAnswer } from './answer.ts';
import type { PlainRequest } from './plain-route.ts';
import type { RequestLog } from './request-log.ts';

/** `GET /__flagdl/log` and `POST /__flagdl/reset`. */
export class ControlRoutes {
	readonly #log: RequestLog;
	readonly #reset: () => void;

	constructor(log: RequestLog, reset: () => void) {
		this.#log = log;
		this.#reset = reset;
	}

	answer({ method, path }: PlainRequest): Answer | undefined {
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
