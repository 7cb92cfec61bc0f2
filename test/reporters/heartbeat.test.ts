import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { heartbeat } from '../../src/reporters/progress.ts';
import { eventsOf, outcomeOf, START } from './make-events.ts';

beforeEach(() => {
	vi.useFakeTimers();
});

afterEach(() => {
	vi.useRealTimers();
});

it('writes a line every ten seconds while the run goes on, and none afterwards', () => {
	const lines: string[] = [];
	const reporter = heartbeat({ write: (line) => lines.push(line) });
	const [, saved, missing, end] = eventsOf([outcomeOf('BR'), outcomeOf('XX', 'not_found')]);

	reporter.on({ ...START, targets: 4, startMs: performance.timeOrigin + performance.now() });
	vi.advanceTimersByTime(10_000);
	reporter.on(saved ?? START);
	reporter.on(missing ?? START);
	vi.advanceTimersByTime(10_000);
	reporter.on(end ?? START);
	vi.advanceTimersByTime(60_000);

	expect(lines).toEqual(['0/4\n', '2/4, 1 failed, 250 B/s, waiting for 2\n']);
});
