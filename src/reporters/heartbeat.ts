import type { Reporter } from '../events/run-event.ts';
import type { Output } from './output.ts';
import { followProgress, progressAt, progressParts } from './progress.ts';

const EVERY_MS = 10_000;

/** A line every ten seconds if the output is no terminal, so that a log shows that the run is alive. */
export function heartbeat(output: Output): Reporter {
	let progress = progressAt(0);
	let timer: NodeJS.Timeout | undefined;

	return {
		on(event) {
			progress = followProgress(progress, event);
			if (event.type === 'run.start') {
				timer = setInterval(
					() => output.write(`${progressParts(progress).join(', ')}\n`),
					EVERY_MS,
				);
				timer.unref();
			} else if (event.type === 'run.end') {
				clearInterval(timer);
			}
		},
	};
}
