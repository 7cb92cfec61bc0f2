import type { Attempt } from '../../download/outcome.ts';
import type { OutcomeRecord } from '../../events/run-event.ts';
import { type ReadEvent, readEvent } from '../../schema/run-events.ts';
import type { ProcessEnd } from '../../util/child-process.ts';
import { groupBy, present } from '../../util/members.ts';
import { hundredths } from '../../util/units.ts';
import type { Run, RunAttempt, ServerShare } from '../results.ts';
import type { WorkTarget } from './contestant.ts';
import { timesIn } from './contestant.ts';
import type { ServerLog } from './server-process.ts';
import { type Decide, type ServerSide, serverSide, serverSides } from './server-process.ts';

/** The measured part of a run, without its position in the experiment. */
export type Measurement = Omit<
	Run,
	'round' | 'place' | 'cell' | 'status' | 'failure' | 'log' | 'files'
>;

/** The events of a run of `flagdl get --json`, read line by line. */
export class RunEvents {
	start?: Extract<ReadEvent, { type: 'run.start' }>;
	readonly outcomes: OutcomeRecord[] = [];
	end?: Extract<ReadEvent, { type: 'run.end' }>;

	/** Ignores lines that are not events. */
	read(line: string): void {
		const { event } = readEvent(line);
		if (event?.type === 'run.start') {
			this.start = event;
		} else if (event?.type === 'outcome') {
			this.outcomes.push(event);
		} else if (event?.type === 'run.end') {
			this.end = event;
		}
	}
}

export interface ServerView {
	readonly log: ServerLog;
	readonly decide: Decide;
}

export function measurementOfEvents(
	events: RunEvents,
	processMs: number,
	server?: ServerView,
): Measurement {
	const time = span(events);
	const startMs = time?.startMs ?? 0;
	const byPath =
		server?.log.gone === 0 ? groupBy(server.log.requests, ({ path }) => path) : undefined;
	const attempts = events.outcomes.flatMap(
		({ index, url, startMs: fileStartMs, attempts: own = [] }) => {
			const sides = server
				? serverSides(own, byPath?.get(new URL(url).pathname), server.decide)
				: own.map(() => ({}));
			return own.map((attempt, at) => {
				// The first attempt has waited since the start of the file.
				const waitedMs = at === 0 ? attempt.startMs - fileStartMs : attempt.waitedMs;
				return attemptRecord(index, { ...attempt, waitedMs }, startMs, sides[at] as ServerSide);
			});
		},
	);
	const wallMs = time && hundredths(time.endMs - time.startMs);
	const { totals, requests, retries, bytes, cpuMs, maxRssBytes, eventLoopDelay } = events.end ?? {};

	return {
		processMs: hundredths(processMs),
		...present({
			wallMs,
			startUpMs: events.start && time && hundredths(time.startMs - events.start.startMs),
			...{ totals, requests, retries, bytes, cpuMs, maxRssBytes, eventLoopDelay },
		}),
		connections: attempts.filter(({ reused }) => reused === false).length,
		...(server && wallMs !== undefined && { server: serverShare(server.log, wallMs) }),
		attempts,
	};
}

/** From first request to last file, in milliseconds since the Unix epoch. */
function span({ outcomes }: RunEvents): { startMs: number; endMs: number } | undefined {
	const attempts = outcomes.flatMap((outcome) => outcome.attempts ?? []);
	if (attempts.length === 0) {
		return undefined;
	}
	return {
		startMs: minimum(attempts.map(({ startMs }) => startMs)),
		endMs: -minimum(outcomes.map(({ endMs }) => -endMs)),
	};
}

/** Not `Math.min(...)`: too many arguments overflow the stack. */
function minimum(values: readonly number[]): number {
	return values.reduce((min, value) => Math.min(min, value), Number.POSITIVE_INFINITY);
}

/**
 * The measurement of a peer, from its process and the log of the server. A log that has dropped requests no
 * longer shows when the first one arrived, so only the process is measured.
 */
export function measurementOfLog(
	{ processMs, endMs, log }: Pick<ProcessEnd, 'processMs' | 'endMs' | 'log'>,
	server: ServerView | undefined,
	targets: readonly WorkTarget[],
): Measurement {
	const cpuMs = timesIn(log);
	const process = { processMs: hundredths(processMs), ...(cpuMs !== undefined && { cpuMs }) };
	if (server === undefined || server.log.gone > 0) {
		return { ...process, attempts: [] };
	}
	const { requests: entries, summary } = server.log;
	const startMs = entries[0]?.time ?? endMs;
	const indexOf = new Map(targets.map(({ url }, index) => [new URL(url).pathname, index]));
	const previous = new Map<string, RunAttempt>();
	const attempts = entries.flatMap((entry): readonly RunAttempt[] => {
		const file = indexOf.get(entry.path);
		if (file === undefined) {
			return [];
		}
		const last = previous.get(entry.path);
		const servedMs = entry.servedMs ?? entry.plannedMs;
		const arrivedMs = hundredths(entry.time - startMs);
		const attempt: RunAttempt = {
			file,
			number: (last?.number ?? 0) + 1,
			waitedMs: last === undefined ? 0 : hundredths(Math.max(0, arrivedMs - last.endMs)),
			startMs: arrivedMs,
			connectedMs: arrivedMs,
			reused: entry.requestOnConnection > 1,
			headersMs: hundredths(arrivedMs + servedMs),
			endMs: hundredths(arrivedMs + servedMs),
			bytes: entry.bytes,
			connection: entry.connection,
			...(entry.status !== undefined && { status: entry.status }),
			...serverSide(entry, server.decide),
		};
		previous.set(entry.path, attempt);
		return [attempt];
	});
	const wallMs = hundredths(endMs - startMs);

	return {
		...process,
		wallMs,
		requests: summary.requests,
		connections: new Set(entries.map(({ connection }) => connection)).size,
		server: serverShare(server.log, wallMs),
		attempts,
	};
}

function attemptRecord(
	file: number,
	attempt: Attempt,
	zeroMs: number,
	side: ServerSide,
): RunAttempt {
	const { number, waitedMs, reused, status, bytes, servedMs, code } = attempt;
	const since = (ms: number) => hundredths(ms - zeroMs);
	const reached = (ms: number | undefined) => (ms === undefined ? undefined : since(ms));
	return {
		file,
		number,
		waitedMs: hundredths(waitedMs),
		startMs: since(attempt.startMs),
		...present({
			connectedMs: reached(attempt.connectedMs),
			reused,
			headersMs: reached(attempt.headersMs),
			bodyMs: reached(attempt.bodyMs),
			writtenMs: reached(attempt.writtenMs),
		}),
		endMs: since(attempt.endMs),
		...present({ status }),
		bytes,
		...side,
		...present({ servedMs, code }),
	};
}

function serverShare({ summary, requests }: ServerLog, wallMs: number): ServerShare {
	return {
		utilization: Math.min(1, Math.round((summary.eventLoop.activeMs / wallMs) * 1000) / 1000),
		requests: summary.requests,
		refused: requests.filter(({ outcome }) => outcome === 'refused').length,
		maxInFlight: summary.maxInFlight,
	};
}
