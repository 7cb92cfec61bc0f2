import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { bodyOffset, type Pause, type Stretch } from '../../scenarios/decide.ts';
import { type Body, FileBody } from '../content/body.ts';
import { waitUntil } from '../timer.ts';
import type { BodyHold } from './body-hold.ts';

export interface Pace {
	readonly response: ServerResponse;
	readonly pauses: readonly Pause[];
	/** From the beginning of the body on. */
	readonly stretches: readonly Stretch[];
	/** Stops the body at its middle. */
	readonly hold?: BodyHold;
	readonly signal: AbortSignal;
	readonly onBytes: (bytes: number) => void;
}

/** Portions in a second, where the bandwidth is limited. */
const PORTIONS_PER_SECOND = 50;

/** Writes a body with its pauses, so that each byte leaves when the bandwidth lets it, and not before. */
export async function writeBody(body: Body, pace: Pace): Promise<void> {
	const { response, signal, pauses } = pace;
	const end: Stop = { offset: body.length, wait: async () => {} };
	if (pauses.length > 0) {
		response.flushHeaders();
	}
	let writtenBytes = 0;

	for (const { offset, wait } of [...stopsOf(pace, body.length), end]) {
		const part = body.subarray(writtenBytes, offset);
		const bytesPerSecond = speedAt(pace.stretches, writtenBytes);
		if (bytesPerSecond === undefined) {
			await write(part, pace);
		} else {
			await writeSlowly(part, bytesPerSecond, pace);
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

function stopsOf({ pauses, stretches, hold, signal }: Pace, sizeBytes: number): Stop[] {
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

async function writeSlowly(part: Body, bytesPerSecond: number, pace: Pace): Promise<void> {
	const startMs = performance.now();
	const portionBytes = Math.max(1, Math.floor(bytesPerSecond / PORTIONS_PER_SECOND));
	pace.response.flushHeaders();

	for (let from = 0; from < part.length && !pace.signal.aborted; from += portionBytes) {
		const portion = part.subarray(from, from + portionBytes);
		const dueMs = startMs + ((from + portion.length) / bytesPerSecond) * 1000;
		await waitUntil(dueMs, pace.signal);
		await write(portion, pace);
	}
}

async function write(part: Body, pace: Pace): Promise<void> {
	if (!(part instanceof FileBody)) {
		await writePortion(part, pace);
		return;
	}
	for await (const chunk of part.chunks()) {
		await writePortion(chunk, pace);
		if (pace.signal.aborted) {
			return;
		}
	}
}

async function writePortion(portion: Buffer, { response, signal, onBytes }: Pace): Promise<void> {
	if (portion.length === 0 || signal.aborted) {
		return;
	}
	onBytes(portion.length);
	if (response.write(portion)) {
		return;
	}
	try {
		await once(response, 'drain', { signal });
	} catch {
		// The client has left; who called looks at the signal.
	}
}
