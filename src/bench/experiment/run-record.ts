import type { Attempt } from '../../download/outcome.ts';
import type { ProcessEnd } from '../../util/child-process.ts';
import type { Run, RunAttempt, ServerShare } from '../results.ts';
import {
	type Decide,
	entriesByPath,
	type ServerSide,
	serverSide,
	serverSides,
} from './join-log.ts';
import { type RunEvents, span } from './read-events.ts';
import type { ServerLog } from './server-process.ts';
import { timesIn } from './shell-times.ts';

/** The measured part of a run, without its position in the experiment. */
export type Measurement = Omit<
	Run,
	'round' | 'place' | 'cell' | 'status' | 'failure' | 'log' | 'files'
>;

export interface ServerView {
	readonly log: ServerLog;
	readonly decide: Decide;
}

/** The measurement of a strategy, from its events and the log of the server. */
export function measurementOfEvents(
	events: RunEvents,
	processMs: number,
	server?: ServerView,
): Measurement {
	const time = span(events);
	const startMs = time?.startMs ?? 0;
	const byPath = server && server.log.gone === 0 ? entriesByPath(server.log) : undefined;
	const attempts = events.outcomes.flatMap(
		({ index, url, startMs: fileStartMs, attempts: own = [] }) => {
			const sides = server
				? serverSides(own, byPath?.get(new URL(url).pathname), server.decide)
				: own.map(() => ({}));
			return own.map((attempt, at) => {
				// The first attempt has waited since the start of the file.
				const waitedMs = at === 0 ? attempt.startMs - fileStartMs : attempt.waitedMs;
				return record(index, { ...attempt, waitedMs }, startMs, sides[at] as ServerSide);
			});
		},
	);
	const wallMs = time && hundredths(time.endMs - time.startMs);
	const { totals, requests, retries, bytes, cpuMs, maxRssBytes, eventLoopDelay } = events.end ?? {};

	return {
		processMs: hundredths(processMs),
		...(wallMs !== undefined && { wallMs }),
		...(events.start && time && { startUpMs: hundredths(time.startMs - events.start.startMs) }),
		...(totals && { totals }),
		...(requests !== undefined && { requests }),
		...(retries !== undefined && { retries }),
		...(bytes !== undefined && { bytes }),
		...(cpuMs !== undefined && { cpuMs }),
		...(maxRssBytes !== undefined && { maxRssBytes }),
		...(eventLoopDelay && { eventLoopDelay }),
		connections: attempts.filter(({ reused }) => reused === false).length,
		...(server && wallMs !== undefined && { server: share(server.log, wallMs) }),
		attempts,
	};
}

/**
 * The measurement of a peer, from its process and the log of the server.
 *
 * @param indexOf - Index of each file by its path.
 */
export function measurementOfLog(
	{ processMs, endMs, log }: Pick<ProcessEnd, 'processMs' | 'endMs' | 'log'>,
	server: ServerView | undefined,
	indexOf: ReadonlyMap<string, number>,
): Measurement {
	const cpuMs = timesIn(log);
	const process = { processMs: hundredths(processMs), ...(cpuMs !== undefined && { cpuMs }) };
	if (server === undefined) {
		return { ...process, attempts: [] };
	}
	const { requests: entries, summary } = server.log;
	const startMs = entries[0]?.time ?? endMs;
	const before = new Map<string, RunAttempt>();
	const attempts = entries.flatMap((entry): readonly RunAttempt[] => {
		const file = indexOf.get(entry.path);
		if (file === undefined) {
			return [];
		}
		const last = before.get(entry.path);
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
		before.set(entry.path, attempt);
		return [attempt];
	});
	const wallMs = hundredths(endMs - startMs);

	return {
		...process,
		wallMs,
		requests: summary.requests,
		connections: new Set(entries.map(({ connection }) => connection)).size,
		server: share(server.log, wallMs),
		attempts,
	};
}

function record(file: number, attempt: Attempt, zeroMs: number, side: ServerSide): RunAttempt {
	const { number, waitedMs, reused, status, bytes, servedMs, code } = attempt;
	const since = (ms: number) => hundredths(ms - zeroMs);
	const { startMs, connectedMs, headersMs, bodyMs, writtenMs, endMs } = attempt;
	return {
		file,
		number,
		waitedMs: hundredths(waitedMs),
		startMs: since(startMs),
		...(connectedMs !== undefined && { connectedMs: since(connectedMs) }),
		...(reused !== undefined && { reused }),
		...(headersMs !== undefined && { headersMs: since(headersMs) }),
		...(bodyMs !== undefined && { bodyMs: since(bodyMs) }),
		...(writtenMs !== undefined && { writtenMs: since(writtenMs) }),
		endMs: since(endMs),
		...(status !== undefined && { status }),
		bytes,
		...side,
		...(servedMs !== undefined && { servedMs }),
		...(code !== undefined && { code }),
	};
}

function share({ summary, requests }: ServerLog, wallMs: number): ServerShare {
	return {
		utilization: Math.min(1, Math.round((summary.eventLoop.activeMs / wallMs) * 1000) / 1000),
		requests: summary.requests,
		refused: requests.filter(({ outcome }) => outcome === 'refused').length,
		maxInFlight: summary.maxInFlight,
	};
}

function hundredths(ms: number): number {
	return Math.round(ms * 100) / 100;
}
