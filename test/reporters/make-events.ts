import type { Outcome, OutcomeStatus } from '../../src/download/outcome.ts';
import {
	addOutcome,
	emptySum,
	type Reporter,
	type RunEnd,
	type RunEvent,
	type RunStart,
} from '../../src/events/run-event.ts';
import type { Target } from '../../src/targets/target.ts';

export const START: RunStart = {
	type: 'run.start',
	version: '1.2.3',
	strategy: 'async',
	concurrency: 16,
	targets: 3,
	outputDir: '/out',
	server: 'http://127.0.0.1:8000/flags',
	startMs: 1_800_000_000_000,
};

/** An outcome of a flag: saved, or failed with a code that fits its status. */
export function outcomeOf(
	id: string,
	status: OutcomeStatus = 'ok',
	more: Omit<Partial<Outcome>, 'target'> & { readonly target?: Partial<Target> } = {},
): Outcome {
	const name = id.toLowerCase();
	const failures: Partial<Record<OutcomeStatus, Outcome['failure']>> = {
		not_found: { code: 'http_404', message: '404 Not Found', causes: [] },
		error: { code: 'http_503', message: '503 Service Unavailable', causes: [] },
		cancelled: { code: 'cancelled', message: 'interrupted by SIGINT', causes: [] },
	};
	const failure = failures[status];
	return {
		status,
		dest: `/out/${name}.gif`,
		bytes: status === 'ok' ? 5000 : 0,
		requests: status === 'skipped' || status === 'cancelled' ? 0 : 1,
		retries: 0,
		startMs: START.startMs + 10,
		endMs: START.startMs + 110,
		...(failure !== undefined && { failure }),
		...more,
		target: {
			id,
			index: 0,
			url: `http://127.0.0.1:8000/flags/${name}/${name}.gif`,
			dest: `/out/${name}.gif`,
			...more.target,
		},
	};
}

/** The events of a run with these outcomes. */
export function eventsOf(
	outcomes: readonly Outcome[],
	end: Partial<RunEnd> = {},
): readonly RunEvent[] {
	const summary = emptySum();
	for (const outcome of outcomes) {
		addOutcome(summary, outcome);
	}
	return [
		{ ...START, targets: outcomes.length },
		...outcomes.map((outcome) => ({ type: 'outcome' as const, outcome })),
		{
			type: 'run.end',
			...summary,
			notStarted: outcomes.filter(wasNotStarted).length,
			wallMs: 310,
			cpuMs: 200,
			maxRssBytes: 90_000_000,
			eventLoopDelay: { p50Ms: 0.1, p99Ms: 2, maxMs: 5 },
			exitCode: 0,
			...end,
		},
	];
}

/** The output of a reporter for a run. */
export function textOf(
	reporterOn: (output: { write(text: string): unknown }) => Reporter,
	events: readonly RunEvent[],
): string {
	let text = '';
	const reporter = reporterOn({ write: (more) => (text += more) });
	for (const event of events) {
		reporter.on(event);
	}
	return text;
}

function wasNotStarted({ status, requests }: Outcome): boolean {
	return status === 'cancelled' && requests === 0;
}
