// Loaded before a program, and into each of its threads: notes the longest time for which an event loop was
// held, in `HELD_LOOP_FILE`. Of the wall time between two turns only what its thread was computing counts,
// since a busy machine makes every thread wait.
const { appendFileSync, readFileSync } = require('node:fs');

const computedMs = () =>
	Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;

let longestMs = 0;
/** Unset until the loop turns for the first time: to load a program is no answer's fault. */
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
