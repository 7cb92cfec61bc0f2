import type { Analysis, CellAnalysis } from '../analysis/analysis.ts';
import type { Measured } from '../results.ts';
import { CELL_COLUMNS } from './cells-table.ts';
import type { Column } from './columns.ts';
import { formatRange, formatRatio } from './format.ts';
import { remarks } from './remarks.ts';
import { title } from './title.ts';
import { verdict } from './verdict.ts';

const SPEED_UP: readonly Column<CellAnalysis>[] = [
	{
		head: 'times as fast',
		text: ({ speedUp }) => (speedUp ? formatRatio(speedUp.ratio) : ''),
	},
	{
		head: '95 % interval',
		text: ({ speedUp }) =>
			speedUp?.interval ? formatRange(speedUp.interval.low, speedUp.interval.high) : '',
	},
];

/** The report as GitHub-flavoured Markdown. */
export function markdownReport(measured: Measured, analysis: Analysis): string {
	const [strategy, slots, time, ...others] = CELL_COLUMNS as readonly [
		Column<CellAnalysis>,
		Column<CellAnalysis>,
		Column<CellAnalysis>,
	];
	const columns = [strategy, slots, time, ...SPEED_UP, ...others].filter(({ text }) =>
		analysis.cells.some((cell) => text(cell) !== ''),
	);
	const row = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;

	return [
		'# flagdl bench',
		'',
		escaped(title(measured)),
		'',
		row(columns.map(({ head }) => head)),
		row(columns.map(({ align }) => (align === 'left' ? ':--' : '--:'))),
		...analysis.cells.map((cell) => row(columns.map(({ text }) => text(cell)))),
		'',
		...verdict(analysis).map((line) => `- **${escaped(line)}**`),
		...remarks(measured, analysis).map((line) => `- ${escaped(line)}`),
		'',
		'```sh',
		measured.command,
		'```',
		'',
	].join('\n');
}

/** Text that is not to be markup. */
function escaped(text: string): string {
	return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}
