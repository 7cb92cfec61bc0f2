import { escapeXml } from '../../util/text.ts';

/** Width of every drawing in its own units; it is scaled to its container. */
export const WIDTH = 1000;

/** A part of a drawing. Shapes stretch with it; labels keep their size and stay readable on a phone. */
export type Mark = { readonly shape: string } | { readonly label: string };

export interface Plot {
	/** Description for screen readers. */
	readonly label: string;
	/** In pixels. */
	readonly height: number;
	/** Room for labels at the left, in pixels. */
	readonly left: number;
	/** @default 14 */
	readonly right?: number;
}

/** A drawing: an SVG stretched to the width of its container, with HTML labels on top. */
export function plot({ label, height, left, right = 14 }: Plot, marks: readonly Mark[]): string {
	const shapes = marks.flatMap((mark) => ('shape' in mark ? [mark.shape] : [])).join('');
	const labels = marks.flatMap((mark) => ('label' in mark ? [mark.label] : [])).join('');
	return `<div class="plot" style="margin:0 ${right}px 0 ${left}px;height:${px(height)}px"><svg viewBox="0 0 ${WIDTH} ${px(height)}" preserveAspectRatio="none" role="img" aria-label="${escapeXml(label)}">${shapes}</svg>${labels}</div>`;
}

/** A coordinate, to a tenth of a pixel. */
export function px(value: number): string {
	return String(Math.round(value * 10) / 10);
}

/**
 * @param y - Vertical centre.
 * @param classes - `start` or `end` aligns the text at x; otherwise it is centred.
 */
export function text(x: number, y: number, content: string, classes: string = ''): Mark {
	return {
		label: `<span${classes === '' ? '' : ` class="${classes}"`} style="left:${px((x / WIDTH) * 100)}%;top:${px(y)}px">${escapeXml(content)}</span>`,
	};
}

export function shape(path: string, className: string): Mark {
	return { shape: `<path class="${className}" d="${path}"/>` };
}

/** A round dot, drawn as the cap of a zero-length line, because a circle would be stretched. */
export function dot(x: number, y: number, className: string): Mark {
	return shape(`M${px(x)} ${px(y)}h0`, `dot ${className}`);
}

export function line(x1: number, y1: number, x2: number, y2: number, className: string): Mark {
	return shape(linePath(x1, y1, x2, y2), className);
}

export function linePath(x1: number, y1: number, x2: number, y2: number): string {
	return `M${px(x1)} ${px(y1)}L${px(x2)} ${px(y2)}`;
}

export function rect(box: Box, className: string): Mark {
	return shape(boxPath(box), className);
}

export interface Box {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

export function boxPath({ x, y, width, height }: Box): string {
	return `M${px(x)} ${px(y)}h${px(width)}v${px(height)}h${px(-width)}z`;
}

export function polyline(points: readonly (readonly [number, number])[]): string {
	return points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${px(x)} ${px(y)}`).join('');
}

/** A step path, which keeps its height until the next point. */
export function steps(points: readonly (readonly [number, number])[]): string {
	return points
		.map(([x, y], at) => (at === 0 ? `M${px(x)} ${px(y)}` : `H${px(x)}V${px(y)}`))
		.join('');
}

/** Vertical extent of the data area of a drawing. */
export interface Frame {
	readonly top: number;
	readonly bottom: number;
}

export interface Axis {
	readonly scale: Scale;
	/** Quantity, and the scale if it is not linear. */
	readonly title: string;
	readonly label: (value: number) => string;
}

/** Height of an axis with its title below a frame, in pixels. */
export const AXIS_HEIGHT = 34;

export function timeAxis(scale: Scale): Axis {
	return { scale, title: 'time since the first request', label: tickMs };
}

/** Vertical lines with labels below. */
export function xAxis({ scale, title, label }: Axis, { top, bottom }: Frame): readonly Mark[] {
	return [
		...scale.ticks.flatMap((tick) => [
			line(scale(tick), top, scale(tick), bottom, 'grid'),
			text(scale(tick), bottom + 10, label(tick)),
		]),
		text(WIDTH, bottom + 26, title, 'end axis'),
	];
}

export function chartFrame(height: number): Frame {
	return { top: 26, bottom: height - AXIS_HEIGHT };
}

/** A drawing with two axes; the title of the vertical axis is above its labels. */
export function chart(size: Plot, x: Axis, y: Axis, marks: readonly Mark[]): string {
	const frame = chartFrame(size.height);
	return plot(size, [
		...xAxis(x, frame),
		...y.scale.ticks.flatMap((tick) => [
			line(0, y.scale(tick), WIDTH, y.scale(tick), 'grid'),
			text(0, y.scale(tick), y.label(tick), 'end'),
		]),
		text(0, frame.top - 14, y.title, 'start axis'),
		...marks,
	]);
}

export interface Rows extends Omit<Plot, 'height'> {
	readonly names: readonly string[];
	/** Height of a row, in pixels. */
	readonly pitch: number;
	readonly x: Axis;
}

/** A drawing with a named row for each item; `marks` gets the middle of each row. */
export function rowsChart(
	{ names, pitch, x, ...size }: Rows,
	marks: (y: (row: number) => number) => readonly Mark[],
): string {
	const frame = { top: 4, bottom: 4 + names.length * pitch };
	const y = (row: number) => frame.top + (row + 0.5) * pitch;
	return plot({ ...size, height: frame.bottom + AXIS_HEIGHT }, [
		...xAxis(x, frame),
		...names.map((name, row) => text(0, y(row), name, 'end name')),
		...marks(y),
	]);
}

/** `250 ms`, `1.5 s`: round values only. */
export function tickMs(ms: number): string {
	return ms !== 0 && ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** Maps values to coordinates. */
export interface Scale {
	(value: number): number;
	/** Values with a line and a label, ascending. */
	readonly ticks: readonly number[];
}

/** @param domain - First and last value, mapped to the coordinates in `range`. */
export function linearScale(domain: Pair, range: Pair, ticks: number = 4): Scale {
	const [from, to] = domain;
	const [start, end] = range;
	const width = to - from || 1;
	const scale = (value: number) => start + ((value - from) / width) * (end - start);
	return Object.assign(scale, { ticks: niceTicks(from, to, ticks) });
}

/** @param domain - First and last value, above 0. */
export function logScale(domain: Pair, range: Pair): Scale {
	const inner = linearScale([Math.log10(domain[0]), Math.log10(domain[1])], range);
	const scale = (value: number) => inner(Math.log10(Math.max(value, domain[0] / 1e6)));
	return Object.assign(scale, { ticks: logTicks(...domain) });
}

type Pair = readonly [number, number];

/** About `count` round values. */
function niceTicks(from: number, to: number, count: number): readonly number[] {
	const raw = (to - from || 1) / count;
	const power = 10 ** Math.floor(Math.log10(raw));
	const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * 0.95) ?? 10) * power;
	const first = Math.ceil(from / step - 1e-9);
	const last = Math.floor(to / step + 1e-9);
	return Array.from({ length: last - first + 1 }, (_, at) =>
		Number(((first + at) * step).toPrecision(12)),
	);
}

/** Labels closer than this share of the axis overlap on a phone. */
const MIN_TICK_DISTANCE = 0.14;
const LOG_FACTORS = [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]];

/** The densest series of round values that fits. */
function logTicks(from: number, to: number): readonly number[] {
	const series = LOG_FACTORS.map((factors) => ticksOf(factors, from, to));
	const near = Math.log(to / from) * MIN_TICK_DISTANCE;
	const hasRoom = (ticks: readonly number[]) =>
		ticks.slice(1).every((tick, at) => Math.log(tick / (ticks[at] ?? tick)) >= near);
	return series.find(hasRoom) ?? (series.at(-1) as readonly number[]);
}

function ticksOf(factors: readonly number[], from: number, to: number): readonly number[] {
	const ticks: number[] = [];
	for (let power = Math.floor(Math.log10(from)); 10 ** power <= to; power += 1) {
		for (const factor of factors) {
			const tick = Number((factor * 10 ** power).toPrecision(12));
			if (tick >= from * (1 - 1e-9) && tick <= to * (1 + 1e-9)) {
				ticks.push(tick);
			}
		}
	}
	return ticks;
}
