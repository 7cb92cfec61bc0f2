import { escapeXml } from '../../util/text.ts';

export interface TableColumn<Row> {
	readonly head: string;
	readonly text: (row: Row) => string;
	/** @default 'right' */
	readonly align?: 'left' | 'right';
}

/** A table; columns without any text are left out. */
export function htmlTable<Row>(
	columns: readonly TableColumn<Row>[],
	rows: readonly Row[],
	rowClass: (row: Row) => string = () => '',
): string {
	const filled = columns.filter(({ text }) => rows.some((row) => text(row) !== ''));
	const cell = (tag: 'td' | 'th', { align }: TableColumn<Row>, text: string) =>
		`<${tag}${align === 'left' ? ' class="l"' : ''}>${escapeXml(text)}</${tag}>`;
	const head = filled.map((column) => cell('th', column, column.head)).join('');
	const body = rows.map((row) => {
		const classes = rowClass(row);
		const cells = filled.map((column) => cell('td', column, column.text(row))).join('');
		return `<tr${classes === '' ? '' : ` class="${classes}"`}>${cells}</tr>`;
	});
	return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}
