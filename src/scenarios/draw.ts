import { createHash } from 'node:crypto';
import { hundredths } from '../util/units.ts';
import type { Latency } from './scenario.ts';

/** All inputs of a draw, which does not depend on order, time or thread. */
export interface Dice {
	readonly seed: number;
	/** Rule id; empty for the scenario itself. */
	readonly rule: string;
	readonly path: string;
	/** From 1; 0 if the draw is the same for all attempts. */
	readonly attempt: number;
	/** Purpose of the draw, so that draws for different purposes are independent. */
	readonly dimension: string;
}

/** @returns A number in [0, 1): the first 52 bits of a SHA-256, the same on every machine. */
export function draw({ seed, rule, path, attempt, dimension }: Dice): number {
	const hash = createHash('sha256')
		.update(`${seed}\n${rule}\n${path}\n${attempt}\n${dimension}`)
		.digest();
	return (hash.readUInt32BE(0) * 2 ** 20 + (hash.readUInt32BE(4) >>> 12)) / 2 ** 52;
}

/** z of the 99th percentile of the standard normal distribution. */
const Z99 = 2.3263478740408408;

/**
 * @param uniform - A draw in [0, 1).
 * @returns Milliseconds, rounded to hundredths, because the last bits of `exp` and `log` differ between
 *   machines and plans must not.
 */
export function drawLatencyMs(latency: Latency, uniform: number): number {
	return hundredths(exactMs(latency, uniform));
}

function exactMs(latency: Latency, uniform: number): number {
	switch (latency.dist) {
		case 'constant':
			return latency.ms;
		case 'uniform':
			return latency.minMs + uniform * (latency.maxMs - latency.minMs);
		case 'log-normal': {
			const sigma = Math.log(latency.p99Ms / latency.p50Ms) / Z99;
			const ms = latency.p50Ms * Math.exp(sigma * normalQuantile(uniform));
			return Math.min(ms, latency.maxMs ?? Number.POSITIVE_INFINITY);
		}
	}
}

/**
 * The inverse of the standard normal distribution, with a relative error under 1.2e-9.
 *
 * @see P. J. Acklam, "An algorithm for computing the inverse normal cumulative distribution function".
 */
export function normalQuantile(probability: number): number {
	// A draw of 0 would have the quantile -Infinity.
	const p = Math.min(Math.max(probability, 2 ** -53), 1 - 2 ** -53);
	if (p < TAIL) {
		return tail(Math.sqrt(-2 * Math.log(p)));
	}
	if (p > 1 - TAIL) {
		return -tail(Math.sqrt(-2 * Math.log(1 - p)));
	}

	const q = p - 0.5;
	return (q * polynomial(A, q * q)) / polynomial(B, q * q);
}

function tail(q: number): number {
	return polynomial(C, q) / polynomial(D, q);
}

function polynomial(coefficients: readonly number[], x: number): number {
	return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

const TAIL = 0.02425;
const A = [
	-3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2,
	-3.066479806614716e1, 2.506628277459239,
];
const B = [
	-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1,
	-1.328068155288572e1, 1,
];
const C = [
	-7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734,
	4.374664141464968, 2.938163982698783,
];
const D = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137003996, 3.754408661907416, 1];
