import type { Fault, Rule, Scenario } from '../../src/scenarios/scenario.ts';
import { COUNTRY_CODES } from '../../src/targets/countries.ts';

const HALF = { fraction: 0.5 };
const BODY = ['before-headers', 'after-headers', HALF] as const;

/** On a busy machine, many servers in one process accept connections late. */
export const PATIENT = { connectTimeoutMs: 60_000, speedLimitBytesPerSecond: 0 };

/** Every fault of the scenarios, in each of its forms. */
export const FAULTS: readonly Fault[] = [
	...[400, 401, 403, 404, 405, 410, 451, 408, 425, 429, 500, 502, 503, 504, 520, 522, 524].map(
		(status): Fault => ({ type: 'status', status }),
	),
	...BODY.map((at): Fault => ({ type: 'reset', at })),
	...BODY.map((at): Fault => ({ type: 'close', at })),
	...BODY.map((at): Fault => ({ type: 'stall', at })),
	...(['content-length', 'chunked', 'close-delimited'] as const).map(
		(framing): Fault => ({ type: 'truncate', at: HALF, framing, digest: true }),
	),
	{ type: 'truncate', at: HALF, framing: 'close-delimited', digest: false },
	...(
		[
			'chunk',
			'status-line',
			'headers-too-large',
			'content-length-too-small',
			'content-length-too-large',
			'content-encoding',
			'content-length-twice',
			'bytes-after-end',
		] as const
	).map((what): Fault => ({ type: 'malformed', what })),
	{ type: 'corrupt', count: 3, digest: true },
	{ type: 'corrupt', count: 1, digest: false },
	...(['html-200', 'empty-200', 'no-content-204', 'other-file', 'wrong-type'] as const).map(
		(thing): Fault => ({ type: 'substitute', with: thing, digest: true }),
	),
	{ type: 'substitute', with: 'other-file', digest: false },
	{ type: 'redirect', status: 302, hops: 2 },
	{ type: 'redirect', status: 301 },
	...(['gzip', 'deflate', 'br'] as const).flatMap((coding): Fault[] => [
		{ type: 'encoded', coding, as: 'content', broken: false },
		{ type: 'encoded', coding, as: 'content', broken: true },
	]),
	...(['gzip', 'deflate'] as const).flatMap((coding): Fault[] => [
		{ type: 'encoded', coding, as: 'transfer', broken: false },
		{ type: 'encoded', coding, as: 'transfer', broken: true },
	]),
	{ type: 'continue' },
	{ type: 'cookie-wall' },
	{ type: 'range', with: 'other-version' },
	{ type: 'range', with: 'slice-as-200' },
	{ type: 'trailing', bytes: 64 },
];

/** `status,status:404`. */
export function nameOf(fault: Fault): string {
	return JSON.stringify(fault).replace(/[{}"]/g, '').replace('type:', '');
}

export interface Cell {
	readonly code: string;
	readonly fault: Fault;
	readonly name: string;
	readonly permanent: boolean;
}

// A country for each cell, so that one run meets all of them.
export const CELLS: Cell[] = FAULTS.flatMap((fault) =>
	[false, true].map((permanent) => ({ fault, permanent })),
).map(({ fault, permanent }, index) => ({
	code: COUNTRY_CODES[index] ?? '',
	fault,
	name: `${nameOf(fault)}, ${permanent ? 'always' : 'twice'}`,
	permanent,
}));

/** Asserts that each cell meets its fault, and nothing else. */
export const MATRIX: Scenario = {
	name: 'matrix',
	description: '',
	seed: 1,
	limits: {},
	rules: CELLS.map(
		({ code, fault, permanent }, index): Rule => ({
			id: `cell-${index}`,
			match: { codes: [code.toLowerCase()] },
			attempts: permanent ? { from: 1 } : { from: 1, to: 2 },
			action: fault,
		}),
	),
};
