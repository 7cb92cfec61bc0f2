import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { SpinnerOrder } from './spinner.ts';
import { FRAME_MS, FRAMES, PATIENCE_MS } from './spinner.ts';

// The thread side of `startThreadSpinner`: it waits in shared memory and nowhere else, so that no
// event loop, its own or another's, can hold it up.
const { fd, text, flag } = workerData as SpinnerOrder;

if (turnsFor(PATIENCE_MS)) {
	for (let frame = 0; ; frame = (frame + 1) % FRAMES.length) {
		draw(`\r${FRAMES[frame]} ${text}`);
		if (!turnsFor(FRAME_MS)) {
			break;
		}
	}
	draw('\r\u001b[2K');
}

/** @returns False once it is to stop. */
function turnsFor(ms: number): boolean {
	return Atomics.wait(flag, 0, 0, ms) === 'timed-out';
}

function draw(frame: string): void {
	try {
		writeSync(fd, frame);
	} catch {
		// A terminal that takes no more right now misses a frame, and one that is gone all of them.
	}
}
