import { type Answer, jsonAnswer } from './answer.ts';
import type { PlainRequest, PlainRoute } from './plain-route.ts';

/** By path; loaded when first asked for, as a run of `flagdl get` never asks. */
const ROUTES: ReadonlyMap<string, () => Promise<PlainRoute>> = new Map([
	['/countries', async () => (await import('./countries-route.ts')).answerCountries],
	['/', async () => (await import('./browse-route.ts')).answerBrowse],
]);

/** Everything but flags and control. */
export function answerPlain(
	request: PlainRequest,
): Answer | undefined | Promise<Answer | undefined> {
	if (request.path === '/healthz') {
		return jsonAnswer(200, { status: 'ok' });
	}
	return ROUTES.get(request.path)?.().then((route) => route(request));
}
