import type { RunAttempt } from '../results.ts';
import { type LegendItem, legendList } from './section.ts';
import { boxPath, linePath, type Mark, px, shape } from './svg.ts';

type Phase = 'waiting' | 'connecting' | 'first' | 'body' | 'writing' | 'failed';

export interface Segment {
	readonly phase: Phase;
	readonly fromMs: number;
	readonly toMs: number;
}

/** The phases of a request within its slot, in order; a failed request is one phase. */
export function segmentsOf(attempt: RunAttempt): readonly Segment[] {
	const { startMs, endMs, connectedMs, headersMs, bodyMs, writtenMs } = attempt;
	if (isFailed(attempt)) {
		return [{ phase: 'failed', fromMs: startMs, toMs: endMs }];
	}
	const segments: Segment[] = [];
	let fromMs = startMs;
	const add = (phase: Phase, toMs: number | undefined) => {
		if (toMs === undefined || toMs <= fromMs) {
			return;
		}
		segments.push({ phase, fromMs, toMs });
		fromMs = toMs;
	};
	add('connecting', connectedMs);
	add('first', headersMs);
	add('body', bodyMs);
	add('writing', writtenMs ?? endMs);
	return segments;
}

export function isFailed({ code, status = 0, refused }: RunAttempt): boolean {
	return code !== undefined || status >= 400 || refused === true;
}

/** Narrower shapes are not drawn. */
const VISIBLE_PX = 0.12;

export interface Row {
	readonly y: number;
	readonly height: number;
}

/** Shapes by class: one path for each class keeps a page with thousands of requests small. */
export class PhasePaths {
	readonly #paths = new Map<string, string>();

	/**
	 * @param x - Maps milliseconds to positions.
	 * @param detail - Whether to hatch the time on the server, and to mark the start of each request.
	 * @param untilMs - Phases that start at or after this are omitted.
	 */
	add(
		attempt: RunAttempt,
		{ y, height }: Row,
		x: (ms: number) => number,
		detail: boolean,
		untilMs: number = Number.POSITIVE_INFINITY,
	): void {
		const box = (name: string, fromMs: number, toMs: number) => {
			const width = x(toMs) - x(fromMs);
			if (width >= VISIBLE_PX) {
				this.#append(name, boxPath({ x: x(fromMs), y, width, height }));
			}
		};
		for (const { phase, fromMs, toMs } of segmentsOf(attempt)) {
			if (fromMs < untilMs) {
				box(phase, fromMs, toMs);
			}
		}
		if (!detail) {
			return;
		}
		const { headersMs, servedMs, startMs } = attempt;
		if (headersMs !== undefined && servedMs !== undefined) {
			// The time on the server ends with the headers.
			box('served', Math.max(startMs, headersMs - servedMs), headersMs);
		}
		this.#append('edge', `M${px(x(startMs))} ${px(y)}v${px(height)}`);
	}

	/** Adds the time in which a file was saved after its request had released the slot. */
	addSaving(
		{ endMs }: RunAttempt,
		fromMs: number,
		{ y, height }: Row,
		x: (ms: number) => number,
	): void {
		const width = Math.max(VISIBLE_PX * 8, x(endMs) - x(fromMs));
		this.#append('writing', boxPath({ x: x(fromMs), y, width, height }));
	}

	/** Adds the time that a request waited without a slot. */
	addWait(
		{ number, startMs, waitedMs }: RunAttempt,
		{ y, height }: Row,
		x: (ms: number) => number,
	): void {
		const fromX = x(Math.max(0, startMs - waitedMs));
		const width = x(startMs) - fromX;
		if (width < VISIBLE_PX * 4) {
			return;
		}
		if (number === 1) {
			this.#append('waiting', boxPath({ x: fromX, y, width, height }));
		} else {
			this.#append('off', linePath(fromX, y + height / 2, x(startMs), y + height / 2));
		}
	}

	marks(): readonly Mark[] {
		return ORDER.flatMap((name) => {
			const path = this.#paths.get(name);
			return path === undefined ? [] : [shape(path, name)];
		});
	}

	#append(name: string, path: string): void {
		this.#paths.set(name, (this.#paths.get(name) ?? '') + path);
	}
}

const ORDER = [
	'waiting',
	'off',
	'connecting',
	'first',
	'body',
	'writing',
	'failed',
	'served',
	'edge',
];

const swatch = (name: string) => `<path class="${name}" d="M0 0h24v12h-24z"/>`;

const LEGEND_ITEMS: Readonly<Record<string, LegendItem>> = {
	waiting: { mark: swatch('waiting'), label: 'waiting for a slot' },
	connecting: { mark: swatch('connecting'), label: 'connecting' },
	first: { mark: swatch('first'), label: 'waiting for the first byte' },
	served: { mark: swatch('first') + swatch('served'), label: 'of that, served by the server' },
	body: { mark: swatch('body'), label: 'body' },
	writing: { mark: swatch('writing'), label: 'saving' },
	off: { mark: '<path class="off" d="M0 6H24"/>', label: 'backing off' },
	failed: { mark: swatch('failed'), label: 'failed' },
};

export function phaseLegend(names: readonly string[]): string {
	return legendList(names.flatMap((name) => LEGEND_ITEMS[name] ?? []));
}
