import { type Answer, fieldsOf } from './answer.ts';
import { type Arrival, type Dress, dress } from './arrival.ts';
import type { LogOutcome } from './request-log.ts';

/** Sends an answer as it is, at once. */
export function reply(
	arrival: Arrival,
	answer: Answer,
	dressed: Dress,
	outcome: LogOutcome = 'answered',
): void {
	const { response, method, entry } = arrival;
	const body = method === 'HEAD' ? undefined : answer.body;
	// A flat list is what Node is fastest with; this line is most of what an answer costs.
	response.writeHead(answer.status, [
		...fieldsOf(answer),
		...dress(arrival, answer.status, dressed),
	]);
	// Noted before the client can ask for the log.
	entry.bytes = body?.length ?? 0;
	entry.outcome = outcome;
	response.end(body);
}
