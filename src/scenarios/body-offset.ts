import type { BodyPhase } from './scenario.ts';

/** Never the whole body: an answer that arrived is no fault. */
export function bodyOffset(at: BodyPhase, sizeBytes: number): number {
	const bytes = 'fraction' in at ? Math.floor(at.fraction * sizeBytes) : at.bytes;
	return Math.min(bytes, Math.max(0, sizeBytes - 1));
}
