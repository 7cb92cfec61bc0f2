import { once } from 'node:events';
import { bodyOffset, type Pause, type Stretch } from '../../scenarios/decide.ts';
import { Aborted, deferred, unlessAborted } from '../../util/promises.ts';
import { type Body, FileBody } from '../content/body.ts';
import { type Arrival, disconnectSignal } from '../response.ts';
import { waitUntil } from '../timer.ts';

/** How a body is slowed down. */
export interface Pace {
	readonly pauses: readonly Pause[];
	/** In order, from the start of the body. */
	readonly stretches: readonly Stretch[];
	/** Stops the body halfway. */
	readonly hold?: BodyHold | undefined;
}

/** Writes per second while the bandwidth is limited. */
const WRITES_PER_SECOND = 50;

/** Writes a body with its pauses. No byte is sent before the bandwidth allows it. */
export async function writeBody(arrival: Arrival, body: Body, pace: Pace): Promise<void> {
	const signal = disconnectSignal(arrival);
	const end: Checkpoint = { offset: body.length, wait: async () => {} };
	if (pace.pauses.length > 0) {
		arrival.response.flushHeaders();
	}
	let writtenBytes = 0;

	for (const { offset, wait } of [...checkpointsOf(pace, body.length, signal), end]) {
		const part = body.subarray(writtenBytes, offset);
		const bytesPerSecond = speedAt(pace.stretches, writtenBytes);
		if (bytesPerSecond === undefined) {
			await write(arrival, part);
		} else {
			await writeSlowly(arrival, part, bytesPerSecond);
		}
		writtenBytes = offset;
		await wait();
		if (signal.aborted) {
			return;
		}
	}
}

function speedAt(stretches: readonly Stretch[], offset: number): number | undefined {
	return stretches.findLast(({ from }) => from <= offset)?.bytesPerSecond;
}

/** An offset in a body, and what to wait for there. */
interface Checkpoint {
	readonly offset: number;
	readonly wait: () => Promise<void>;
}

function checkpointsOf(
	{ pauses, stretches, hold }: Pace,
	sizeBytes: number,
	signal: AbortSignal,
): Checkpoint[] {
	const stops: Checkpoint[] = pauses.map(({ at, ms }) => ({
		offset: at === 'after-headers' ? 0 : bodyOffset(at, sizeBytes),
		wait: () => waitUntil(performance.now() + ms, signal),
	}));
	stops.push(...stretches.map(({ from }) => ({ offset: from, wait: async () => {} })));
	if (hold !== undefined) {
		const middle = sizeBytes >> 1;
		// One byte between them, so that hold and pause do not add up to one long silence.
		const offset = stops.some((stop) => stop.offset === middle) ? middle - 1 : middle;
		stops.push({ offset, wait: () => hold.wait(signal) });
	}
	return stops.sort((a, b) => a.offset - b.offset);
}

async function writeSlowly(arrival: Arrival, part: Body, bytesPerSecond: number): Promise<void> {
	const signal = disconnectSignal(arrival);
	const startMs = performance.now();
	const portionBytes = Math.max(1, Math.floor(bytesPerSecond / WRITES_PER_SECOND));
	arrival.response.flushHeaders();

	for (let from = 0; from < part.length && !signal.aborted; from += portionBytes) {
		const portion = part.subarray(from, from + portionBytes);
		const dueMs = startMs + ((from + portion.length) / bytesPerSecond) * 1000;
		await waitUntil(dueMs, signal);
		await write(arrival, portion);
	}
}

async function write(arrival: Arrival, part: Body): Promise<void> {
	const signal = disconnectSignal(arrival);
	for await (const chunk of part instanceof FileBody ? part.chunks() : [part]) {
		if (chunk.length === 0 || signal.aborted) {
			return;
		}
		arrival.entry.bytes += chunk.length;
		if (!arrival.response.write(chunk)) {
			// If the client disconnects, the loop checks the signal.
			await once(arrival.response, 'drain', { signal }).catch(() => {});
		}
	}
}

/** Shorter bodies cannot be held halfway. */
export const MIN_HELD_BYTES = 2;

/**
 * Stops every body halfway until it is released, so that a client can be examined while all of its
 * downloads are incomplete. Single use.
 */
export class BodyHold {
	readonly #started = deferred<undefined>();
	readonly #released = deferred<undefined>();
	/** Resolves when the first body has stopped. */
	readonly started: Promise<undefined> = this.#started.promise;
	isReleased = false;
	/** Number of bodies that have stopped so far. */
	held = 0;

	/** Resolves when released or when the signal aborts. */
	async wait(signal: AbortSignal): Promise<void> {
		if (this.isReleased) {
			return;
		}
		this.held += 1;
		this.#started.resolve(undefined);
		try {
			await unlessAborted(signal, this.#released.promise);
		} catch (error) {
			if (!(error instanceof Aborted)) {
				throw error;
			}
		}
	}

	release(): void {
		this.isReleased = true;
		this.#released.resolve(undefined);
	}
}
