import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { SpinnerWorkerData } from './spinner.ts';
import { FRAME_MS, FRAMES, SHOW_AFTER_MS } from './spinner.ts';

// The thread of `startThreadSpinner`. It waits on shared memory only, so that no event loop can block it.
const { fd, text, stopFlag } = workerData as SpinnerWorkerData;

if (waitUnlessStopped(SHOW_AFTER_MS)) {
	for (let frame = 0; ; frame = (frame + 1) % FRAMES.length) {
		draw(`\r${FRAMES[frame]} ${text}`);
		if (!waitUnlessStopped(FRAME_MS)) {
			break;
		}
	}
	draw('\r\u001b[2K');
}

/** @returns False when stopped. */
function waitUnlessStopped(ms: number): boolean {
	return Atomics.wait(stopFlag, 0, 0, ms) === 'timed-out';
}

function draw(frame: string): void {
	try {
		writeSync(fd, frame);
	} catch {
		// A terminal that is full or closed misses the frame.
	}
}
