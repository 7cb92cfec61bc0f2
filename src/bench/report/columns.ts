/** A column of a table of text. */
export interface Column<Row> {
	readonly head: string;
	readonly text: (row: Row) => string;
	/** @default 'right' */
	readonly align?: 'left' | 'right';
	/** Columns of a rank are there together, if there is room left by those above. Absent: always. */
	readonly rank?: number;
}

const GAP = '  ';

/**
 * Lines of a table, its head first.
 *
 * @param width - At most so many characters, if leaving out columns of a rank can do it.
 */
export function tableLines<Row>(
	columns: readonly Column<Row>[],
	rows: readonly Row[],
	width: number,
): readonly string[] {
	const filled = columns.filter(({ text }) => rows.some((row) => text(row) !== ''));
	const kept = fitting(filled, rows, width);
	const line = (cells: readonly string[]) =>
		cells
			.map((cell, at) => {
				const { column, wide } = kept[at] as Sized<Row>;
				return column.align === 'left' ? cell.padEnd(wide) : cell.padStart(wide);
			})
			.join(GAP)
			.trimEnd();
	return [
		line(kept.map(({ column }) => column.head)),
		...rows.map((row) => line(kept.map(({ column }) => column.text(row)))),
	];
}

interface Sized<Row> {
	readonly column: Column<Row>;
	readonly wide: number;
}

/** Those without a rank, and of the others as many as fit, the highest ranks first. */
function fitting<Row>(
	columns: readonly Column<Row>[],
	rows: readonly Row[],
	width: number,
): readonly Sized<Row>[] {
	const sized = columns.map((column) => ({
		column,
		wide: Math.max(column.head.length, ...rows.map((row) => column.text(row).length)),
	}));
	const total = (some: readonly Sized<Row>[]) =>
		some.reduce((sum, { wide }) => sum + wide + GAP.length, -GAP.length);
	const ranks = new Set(columns.flatMap(({ rank }) => rank ?? []));
	const shown = new Set<number | undefined>([undefined]);
	for (const rank of [...ranks].sort((one, other) => other - one)) {
		const more = sized.filter(({ column }) => shown.has(column.rank) || column.rank === rank);
		if (total(more) <= width) {
			shown.add(rank);
		}
	}
	return sized.filter(({ column }) => shown.has(column.rank));
}
