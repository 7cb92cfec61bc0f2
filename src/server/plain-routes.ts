import { type Answer, jsonAnswer } from './answer.ts';
import type { PlainRequest, PlainRoute } from './plain-route.ts';

/** Everything but flags and control, in the order in which they are asked. */
const ROUTES: readonly PlainRoute[] = [answerHealth];

export function answerPlain(request: PlainRequest): Answer | undefined {
	for (const route of ROUTES) {
		const answer = route(request);
		if (answer !== undefined) return answer;
	}
	return undefined;
}

function answerHealth({ path }: PlainRequest): Answer | undefined {
	return path === '/healthz' ? jsonAnswer(200, { status: 'ok' }) : undefined;
}
