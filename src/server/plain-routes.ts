import { type Answer, jsonAnswer } from './answer.ts';
import { answerBrowse } from './browse-route.ts';
import { answerCountries } from './countries-route.ts';
import type { PlainRequest, PlainRoute } from './plain-route.ts';

/** Everything but flags and control, in the order in which they are asked. */
const ROUTES: readonly PlainRoute[] = [answerHealth, answerCountries, answerBrowse];

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
