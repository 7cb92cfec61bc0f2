import { plural } from '../../util/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import type { CellAnalysis, MarkedRun } from '../analysis/cell-analysis.ts';
import type { Measured } from '../results.ts';

/** Caveats about the numbers, one sentence each. Plain text. */
export function remarks(measured: Measured, analysis: Analysis): readonly string[] {
	const { partial, quick, rounds, notes, runs, cells, environment } = measured;
	const complete = runs.reduce((max, { round }) => Math.max(max, round), 0);
	return [
		...(partial ? [`Interrupted in round ${complete} of ${rounds}: what follows is partial.`] : []),
		...(quick
			? [`Quick: intervals of ${rounds} rounds are wide; for a decision leave --quick out.`]
			: []),
		...loadRemark(environment),
		...[...new Set(cells.map(({ name }) => name))].flatMap((name) => failureRemark(name, measured)),
		...outlierRemarks(analysis.cells),
		...percentileRemark(analysis.cells),
		...(analysis.clock === 'processMs'
			? ['Times are of whole processes: of a peer at a foreign server nothing else is known.']
			: []),
		...(cells.some(({ kind }) => kind === 'peer') ? [PEERS] : []),
		...notes,
	];
}

/** One remark for each name, with its first failure. */
function failureRemark(name: string, { cells, runs }: Measured): readonly string[] {
	const ids = new Set(cells.flatMap((cell) => (cell.name === name ? [cell.id] : [])));
	const own = runs.filter(({ cell }) => ids.has(cell));
	const bad = own.filter(({ status }) => status !== 'ok');
	const [first] = bad;
	if (first === undefined) {
		return [];
	}
	const { round, cell, failure } = first;
	return [
		`${name}: ${bad.length} of ${own.length} runs not counted, first ${cell} in round ${round}: ${failure}.`,
	];
}

function loadRemark({ loadBefore = 0, cores }: Measured['environment']): readonly string[] {
	return loadBefore > cores
		? [
				`The machine was busy before the first run: load ${loadBefore.toFixed(0)} on ${plural(cores, 'core')}.`,
			]
		: [];
}

/** One remark for each round with distant outliers, and the number of the others. */
function outlierRemarks(cells: readonly CellAnalysis[]): readonly string[] {
	const all = cells.flatMap(({ cell, outliers }) =>
		outliers.map((marked) => ({ id: cell.id, ...marked })),
	);
	const far = all.filter(({ factor }) => Math.abs(factor - 1) > DISTANT_OUTLIER_MIN);
	const rounds = [...new Set(far.map(({ round }) => round))].sort((one, other) => one - other);
	const lines = rounds.map((round) => roundRemark(far.filter((one) => one.round === round)));
	const others = all.length - far.length;
	return others === 0 ? lines : [...lines, `${plural(others, 'milder outlier')} marked and kept.`];
}

type FarOutlier = MarkedRun & { readonly id: string };

function roundRemark(own: readonly FarOutlier[]): string {
	const [first] = own as readonly [FarOutlier];
	if (own.length === 1) {
		const { round, id, factor, seen } = first;
		return `Outlier, kept: round ${round}, ${id}, ${percentText(factor)}: ${seen}.`;
	}
	const list = own.map(({ id, factor }) => `${id} ${percentText(factor)}`).join(', ');
	return `Outliers, kept: round ${first.round} was unlike the others in ${own.length} cells, so the machine was busy or caches were cold: ${list}.`;
}

/** `+56 %`. */
function percentText(factor: number): string {
	const percent = Math.round((factor - 1) * 100);
	return percent > 0 ? `+${percent} %` : `\u2212${-percent} %`;
}

const PEERS =
	'Peers have the same list, slots and number of retries, and check less; their times are those of their processes and of the log of the server.';
const DISTANT_OUTLIER_MIN = 0.1;

function percentileRemark(cells: readonly CellAnalysis[]): readonly string[] {
	const hidden = cells.filter(({ latencies, latency }) => {
		const p99 = latency.find(({ p }) => p === 0.99);
		return latencies > 0 && p99?.ms === undefined;
	});
	if (hidden.length === 0) {
		return [];
	}
	const counts = hidden.map(({ latencies }) => latencies);
	return [`p99 is left out: ${Math.min(...counts)} requests do not support it (500 would).`];
}
