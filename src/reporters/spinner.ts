import { setTimeout as sleep } from 'node:timers/promises';
import type { Output } from './output.ts';

export const FRAMES: readonly string[] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
export const FRAME_MS = 80;
/** Shorter waits show nothing: a flicker has no use. */
export const PATIENCE_MS = 150;

/**
 * Shows that something is going on while there is nothing to count. A task like any other: it
 * runs until its signal is aborted, and resolves when its line is clean again.
 *
 * *Fluent Python*, 18.1: the spinner as a coroutine, cancelled from outside.
 */
export async function spin(output: Output, text: string, signal: AbortSignal): Promise<void> {
	let shown = false;
	try {
		await sleep(PATIENCE_MS, undefined, { signal });
		for (let frame = 0; ; frame = (frame + 1) % FRAMES.length) {
			output.write(`\r${FRAMES[frame]} ${text}`);
			shown = true;
			await sleep(FRAME_MS, undefined, { signal });
		}
	} catch (error) {
		if (!signal.aborted) {
			throw error;
		}
	} finally {
		if (shown) {
			output.write('\r\u001b[2K');
		}
	}
}
