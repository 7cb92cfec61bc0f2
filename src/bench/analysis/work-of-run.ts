import { groupBy } from '../../util/members.ts';
import type { Attempt, Work } from '../ideal/ideal.ts';
import type { Cell, Measured, Run, RunAttempt } from '../results.ts';

/** Back-off before the n-th request for a file, in milliseconds; the key is `file:number`. */
export type Waits = ReadonlyMap<string, number>;

/**
 * The back-off of each retry of flagdl. After the back-off a target may also wait for a slot; the seed
 * makes the back-off the same in every run, so the shortest wait of all runs comes nearest.
 */
export function backOffs({ runs, cells }: Pick<Measured, 'runs' | 'cells'>): Waits {
	const peers = new Set(cells.flatMap(({ id, kind }) => (kind === 'peer' ? [id] : [])));
	return shortestWaits(runs.filter(({ cell }) => !peers.has(cell)));
}

function shortestWaits(runs: readonly Run[]): Waits {
	const waits = new Map<string, number>();
	for (const { attempts } of runs) {
		for (const { file, number, waitedMs } of attempts) {
			const key = `${file}:${number}`;
			waits.set(key, Math.min(waits.get(key) ?? Number.POSITIVE_INFINITY, waitedMs));
		}
	}
	return waits;
}

/** The work of a run for an ideal client with as many slots. */
export function workOf(
	run: Run,
	{ concurrency, kind }: Cell,
	flagdlWaits: Waits,
	{ scenario, rate }: Measured['work'],
): Work {
	const { attempts } = run;
	// A peer has a back-off of its own.
	const waits = kind === 'peer' ? shortestWaits([run]) : flagdlWaits;
	return {
		files: [...groupBy(attempts, ({ file }) => file)]
			.sort(([one], [other]) => one - other)
			.map(([, own]) => unavoidable(own, waits)),
		slots: concurrency,
		...(scenario?.rate && { serverRate: scenario.rate }),
		...(rate && { clientRate: rate }),
	};
}

/** Leaves out the attempts that a limit refused: an ideal client knows the limit. */
function unavoidable(attempts: readonly RunAttempt[], waits: Waits): readonly Attempt[] {
	return attempts.flatMap((attempt, at) => {
		if (attempt.refused) {
			return [];
		}
		const before = attempts[at - 1];
		const backedOff = before !== undefined && !before.refused && !isRedirect(before);
		const waitMs = backedOff ? (waits.get(`${attempt.file}:${attempt.number}`) ?? 0) : 0;
		return [{ waitMs, ...served(attempt) }];
	});
}

function served(attempt: RunAttempt): Omit<Attempt, 'waitMs'> {
	const { startMs, endMs, servedMs, transferMs = 0, code = '' } = attempt;
	// A time-out of the client decides how long such an attempt takes.
	if (CLIENT_TIMEOUTS.has(code)) {
		return { latencyMs: endMs - startMs, transferMs: 0 };
	}
	return servedMs === undefined ? observed(attempt) : { latencyMs: servedMs, transferMs };
}

const CLIENT_TIMEOUTS = new Set(['stalled', 'too_slow', 'max_time', 'connect_timeout']);

/** For a server that reports no times: the attempt without connecting and writing. */
function observed(attempt: RunAttempt): Omit<Attempt, 'waitMs'> {
	const { startMs, connectedMs = startMs, endMs, headersMs = endMs, bodyMs = headersMs } = attempt;
	return { latencyMs: headersMs - connectedMs, transferMs: bodyMs - headersMs };
}

function isRedirect({ status = 0 }: RunAttempt): boolean {
	return status >= 300 && status < 400;
}
