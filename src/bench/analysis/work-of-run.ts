import type { Attempt, Work } from '../ideal/ideal.ts';
import type { Cell, Measured, Run, RunAttempt } from '../results.ts';

/** Back-off before the n-th request for a file, in milliseconds; the key is `file:number`. */
export type Waits = ReadonlyMap<string, number>;

/**
 * The back-off of each retry of flagdl. A client that returns from it may have to wait for a slot as
 * well; the seed makes the back-off the same in every run, so the least that any of them waited comes
 * nearest.
 */
export function backOffs({ runs, cells }: Pick<Measured, 'runs' | 'cells'>): Waits {
	const peers = new Set(cells.flatMap(({ id, kind }) => (kind === 'peer' ? [id] : [])));
	return leastWaits(runs.filter(({ cell }) => !peers.has(cell)));
}

function leastWaits(runs: readonly Run[]): Waits {
	const waits = new Map<string, number>();
	for (const { attempts } of runs) {
		for (const { file, number, waitedMs } of attempts) {
			const key = `${file}:${number}`;
			waits.set(key, Math.min(waits.get(key) ?? Number.POSITIVE_INFINITY, waitedMs));
		}
	}
	return waits;
}

/** What a run met, as an ideal client with as many slots would have met it. */
export function workOf(
	run: Run,
	{ concurrency, kind }: Cell,
	flagdlWaits: Waits,
	{ scenario, rate }: Measured['work'],
): Work {
	const { attempts } = run;
	// A peer has a back-off of its own.
	const waits = kind === 'peer' ? leastWaits([run]) : flagdlWaits;
	const files = new Map<number, RunAttempt[]>();
	for (const attempt of attempts) {
		const known = files.get(attempt.file);
		if (known === undefined) {
			files.set(attempt.file, [attempt]);
		} else {
			known.push(attempt);
		}
	}

	return {
		files: [...files.entries()]
			.sort(([one], [other]) => one - other)
			.map(([, own]) => unavoidable(own, waits)),
		slots: concurrency,
		...(scenario?.rate && { serverRate: scenario.rate }),
		...(rate && { clientRate: rate }),
	};
}

/** Without what a limit refused: who knows the limit does not run into it. */
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
	// The client's own patience is what such an attempt takes.
	if (IMPATIENT.has(code)) {
		return { latencyMs: endMs - startMs, transferMs: 0 };
	}
	return servedMs === undefined ? observed(attempt) : { latencyMs: servedMs, transferMs };
}

const IMPATIENT = new Set(['stalled', 'too_slow', 'max_time', 'connect_timeout']);

/** Of a server that does not tell: all but connecting and writing. */
function observed(attempt: RunAttempt): Omit<Attempt, 'waitMs'> {
	const { startMs, connectedMs = startMs, endMs, headersMs = endMs, bodyMs = headersMs } = attempt;
	return { latencyMs: headersMs - connectedMs, transferMs: bodyMs - headersMs };
}

function isRedirect({ status = 0 }: RunAttempt): boolean {
	return status >= 300 && status < 400;
}
