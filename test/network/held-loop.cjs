// Loaded into a program and each of its threads: records in `HELD_LOOP_FILE` the longest time for which an event
// loop was blocked. Only processor time of the thread counts, since all threads have to wait on a busy machine.
const { appendFileSync, readFileSync } = require('node:fs');

const computedMs = () =>
	Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;

let longestMs = 0;
/** Unset before the first turn of the loop: loading the program does not count. */
let last;
setInterval(() => {
	const now = { wallMs: performance.now(), computedMs: computedMs() };
	if (last !== undefined) {
		const heldMs = Math.min(now.wallMs - last.wallMs, now.computedMs - last.computedMs);
		longestMs = Math.max(longestMs, heldMs);
	}
	last = now;
}, 5).unref();

process.on('exit', () => appendFileSync(process.env.HELD_LOOP_FILE, `${longestMs}\n`));
