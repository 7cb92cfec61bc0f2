import type { Attempt } from '../../download/outcome.ts';
import type { createDecide } from '../../scenarios/decide.ts';
import type { LogEntry } from '../../server/request-log.ts';
import type { RunAttempt } from '../results.ts';

/** What only the server knows of a request. */
export type ServerSide = Pick<RunAttempt, 'servedMs' | 'rule' | 'refused' | 'transferMs'>;

/**
 * Joins the attempts of one file with the requests in the log of the server: the n-th attempt is the n-th
 * request. If the counts differ, they cannot be joined.
 *
 * @returns An element for each of `attempts`.
 */
export function serverSides(
	attempts: readonly Attempt[],
	entries: readonly LogEntry[] | undefined,
	decide: Decide,
): readonly ServerSide[] {
	// An attempt without a connection sent no request.
	const sent = attempts.filter(({ connectedMs }) => connectedMs !== undefined);
	if (entries?.length !== sent.length) {
		return attempts.map(() => ({}));
	}
	return attempts.map((attempt) => {
		const entry = entries[sent.indexOf(attempt)];
		return entry === undefined ? {} : serverSide(entry, decide);
	});
}

export type Decide = ReturnType<typeof createDecide>;

export function serverSide(entry: LogEntry, decide: Decide): ServerSide {
	const { path, attempt, rule, outcome, servedMs = entry.plannedMs } = entry;
	const transferMs = attempt === undefined ? 0 : transferOf(entry, decide(path, attempt));
	return {
		servedMs,
		...(rule !== undefined && { rule }),
		...(outcome === 'refused' && { refused: true as const }),
		...(transferMs > 0 && { transferMs: Math.round(transferMs * 100) / 100 }),
	};
}

/** Time that the scenario adds to the body. */
function transferOf(entry: LogEntry, { bytesPerSecond, pauses }: ReturnType<Decide>): number {
	const sent = bytesPerSecond === undefined ? 0 : (entry.bytes / bytesPerSecond) * 1000;
	return pauses.reduce((ms, pause) => ms + pause.ms, sent);
}
