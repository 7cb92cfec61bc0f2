import { once } from 'node:events';
import { bodyOffset, type Pause, type Stretch } from '../../scenarios/decide.ts';
import { Aborted, deferred, unlessAborted } from '../../util/promises.ts';
import { type Body, FileBody } from '../content/body.ts';
import { type Arrival, goneSignal } from '../response.ts';
import { waitUntil } from '../timer.ts';

/** How a body is slowed down. */
export interface Pace {
	readonly pauses: readonly Pause[];
	/** From the beginning of the body on. */
	readonly stretches: readonly Stretch[];
	/** Stops the body at its middle. */
	readonly hold?: BodyHold | undefined;
}

/** Portions in a second, where the bandwidth is limited. */
const PORTIONS_PER_SECOND = 50;

/** Writes a body with its pauses, so that each byte leaves when the bandwidth lets it, and not before. */
export async function writeBody(arrival: Arrival, body: Body, pace: Pace): Promise<void> {
	const signal = goneSignal(arrival);
	const end: Stop = { offset: body.length, wait: async () => {} };
	if (pace.pauses.length > 0) {
		arrival.response.flushHeaders();
	}
	let writtenBytes = 0;

	for (const { offset, wait } of [...stopsOf(pace, body.length, signal), end]) {
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

/** A place in a body, and what has to happen before it goes on. */
interface Stop {
	readonly offset: number;
	readonly wait: () => Promise<void>;
}

function stopsOf(
	{ pauses, stretches, hold }: Pace,
	sizeBytes: number,
	signal: AbortSignal,
): Stop[] {
	const stops: Stop[] = pauses.map(({ at, ms }) => ({
		offset: at === 'after-headers' ? 0 : bodyOffset(at, sizeBytes),
		wait: () => waitUntil(performance.now() + ms, signal),
	}));
	stops.push(...stretches.map(({ from }) => ({ offset: from, wait: async () => {} })));
	if (hold !== undefined) {
		const middle = sizeBytes >> 1;
		// A byte between the two, so that hold and pause are not one long silence.
		const offset = stops.some((stop) => stop.offset === middle) ? middle - 1 : middle;
		stops.push({ offset, wait: () => hold.wait(signal) });
	}
	return stops.sort((a, b) => a.offset - b.offset);
}

async function writeSlowly(arrival: Arrival, part: Body, bytesPerSecond: number): Promise<void> {
	const signal = goneSignal(arrival);
	const startMs = performance.now();
	const portionBytes = Math.max(1, Math.floor(bytesPerSecond / PORTIONS_PER_SECOND));
	arrival.response.flushHeaders();

	for (let from = 0; from < part.length && !signal.aborted; from += portionBytes) {
		const portion = part.subarray(from, from + portionBytes);
		const dueMs = startMs + ((from + portion.length) / bytesPerSecond) * 1000;
		await waitUntil(dueMs, signal);
		await write(arrival, portion);
	}
}

async function write(arrival: Arrival, part: Body): Promise<void> {
	const signal = goneSignal(arrival);
	for await (const chunk of part instanceof FileBody ? part.chunks() : [part]) {
		if (chunk.length === 0 || signal.aborted) {
			return;
		}
		arrival.entry.bytes += chunk.length;
		if (!arrival.response.write(chunk)) {
			// If the client leaves meanwhile, the signal tells.
			await once(arrival.response, 'drain', { signal }).catch(() => {});
		}
	}
}

/** Shorter ones have no middle. */
export const HELD_BYTES_MIN = 2;

/**
 * Stops every body at its middle until it is released, so that a client can be examined while all of
 * its downloads are half done. Used once.
 */
export class BodyHold {
	readonly #begun = deferred<undefined>();
	readonly #released = deferred<undefined>();
	/** Resolves when the first body has stopped. */
	readonly begun: Promise<undefined> = this.#begun.promise;
	isReleased = false;
	/** How many bodies have stopped so far. */
	held = 0;

	/** Resolves when it is released, or at once when the signal is aborted. */
	async wait(signal: AbortSignal): Promise<void> {
		if (this.isReleased) {
			return;
		}
		this.held += 1;
		this.#begun.resolve(undefined);
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
