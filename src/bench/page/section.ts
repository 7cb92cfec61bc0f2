import { escapeXml } from '../../util/text.ts';
import type { Analysis } from '../analysis/analysis.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import type { Waits } from '../analysis/ideal.ts';
import type { Column } from '../report/cell-columns.ts';
import type { Measured, Run } from '../results.ts';
import type { Colours } from './style.ts';

export interface PageContext {
	readonly measured: Measured;
	readonly analysis: Analysis;
	readonly colour: Colours;
	readonly waits: Waits;
}

export interface MedianRun {
	readonly cell: CellAnalysis;
	readonly run: Run;
}

/** The median runs of those cells whose requests are known. */
export function medianRuns(
	{ measured }: PageContext,
	cells: readonly CellAnalysis[],
): readonly MedianRun[] {
	return cells.flatMap((cell) => {
		const run = cell.typicalRun === undefined ? undefined : measured.runs[cell.typicalRun];
		return run === undefined || run.attempts.length === 0 ? [] : [{ cell, run }];
	});
}

/** Cells with times, by their number of slots, ascending. */
export function bySlots(
	cells: readonly CellAnalysis[],
): readonly (readonly [number, readonly CellAnalysis[]])[] {
	const timed = cells.filter(({ time }) => time !== undefined);
	const slots = [...new Set(timed.map(({ cell }) => cell.concurrency))].sort((a, b) => a - b);
	return slots.map((count) => [count, timed.filter(({ cell }) => cell.concurrency === count)]);
}

export function namesOf(cells: readonly CellAnalysis[]): readonly string[] {
	return [...new Set(cells.map(({ cell }) => cell.name))];
}

interface Figure {
	readonly title: string;
	/** Explains the figure in a sentence or two. Plain text. */
	readonly caption: string;
	readonly panels: readonly Panel[];
	/** HTML. */
	readonly legend?: string;
	/** The same data as a table: HTML. */
	readonly table: string;
}

export interface Panel {
	readonly title: string;
	/** Plain text. */
	readonly note?: string;
	readonly svg: string;
}

export function figureSection({ title, caption, panels, legend = '', table }: Figure): string {
	return `<section>
<h2>${escapeXml(title)}</h2>
<figure><figcaption><p>${escapeXml(caption)}</p>${legend}</figcaption>
<div class="panels p${panels.length}">${panels.map(panelHtml).join('\n')}</div></figure>
<details><summary>As a table</summary>${table}</details>
</section>`;
}

export function panelHtml({ title, note, svg }: Panel): string {
	const line = note === undefined ? '' : `<p>${escapeXml(note)}</p>`;
	return `<div class="panel"><h3>${escapeXml(title)}</h3>${line}${svg}</div>`;
}

export interface LegendItem {
	/** SVG in a box of 24 by 12. */
	readonly mark: string;
	readonly label: string;
}

export function legendList(items: readonly LegendItem[]): string {
	const entries = items.map(
		({ mark, label }) =>
			`<li><svg viewBox="0 0 24 12" aria-hidden="true">${mark}</svg>${escapeXml(label)}</li>`,
	);
	return `<ul class="legend">${entries.join('')}</ul>`;
}

export function lineLegend(
	names: readonly string[],
	colour: (name: string) => number,
	extra: readonly LegendItem[] = [],
): string {
	const own = names.map((name) => ({
		mark: `<path class="line s${colour(name)}" d="M1 6H23"/>`,
		label: name,
	}));
	return legendList([...own, ...extra]);
}

export const IDEAL_ITEM: LegendItem = { mark: '<path class="ideal" d="M1 6H23"/>', label: 'ideal' };

/** A table without empty columns. */
export function htmlTable<Row>(
	columns: readonly Column<Row>[],
	rows: readonly Row[],
	rowClass: (row: Row) => string = () => '',
): string {
	const filled = columns.filter(({ text }) => rows.some((row) => text(row) !== ''));
	const cell = ({ align }: Column<Row>, text: string) =>
		`<td${align === 'left' ? ' class="l"' : ''}>${escapeXml(text)}</td>`;
	const head = filled.map(
		({ head: title, meaning, align }) =>
			`<th scope="col"${align === 'left' ? ' class="l"' : ''}>${escapeXml(title)}<small>${escapeXml(meaning)}</small></th>`,
	);
	const body = rows.map((row) => {
		const classes = rowClass(row);
		const cells = filled.map((column) => cell(column, column.text(row))).join('');
		return `<tr${classes === '' ? '' : ` class="${classes}"`}>${cells}</tr>`;
	});
	return `<div class="scroll" tabindex="0" role="group" aria-label="Table"><table><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}
