import { createHash } from 'node:crypto';

/** What a draw depends on, and nothing else: neither order nor time nor thread. */
export interface Dice {
	readonly seed: number;
	/** Rule id; empty for what belongs to the scenario itself. */
	readonly rule: string;
	readonly path: string;
	/** From 1; 0 where the draw is the same for all attempts. */
	readonly attempt: number;
	/** What the draw is for, so that draws for different things are independent. */
	readonly dimension: string;
}

/** @returns At least 0 and less than 1: the first 52 bits of a SHA-256, the same on every machine. */
export function draw({ seed, rule, path, attempt, dimension }: Dice): number {
	const hash = createHash('sha256')
		.update(`${seed}\n${rule}\n${path}\n${attempt}\n${dimension}`)
		.digest();
	return (hash.readUInt32BE(0) * 2 ** 20 + (hash.readUInt32BE(4) >>> 12)) / 2 ** 52;
}
