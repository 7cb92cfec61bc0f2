import type { Analysis, CellAnalysis } from '../analysis/analysis.ts';
import type { Measured } from '../results.ts';

/** What should be known before the numbers are believed. Plain text, a sentence each. */
export function remarks(measured: Measured, analysis: Analysis): readonly string[] {
	const { partial, quick, rounds, notes, runs, environment } = measured;
	const complete = runs.reduce((max, { round }) => Math.max(max, round), 0);
	return [
		...(partial ? [`Interrupted in round ${complete} of ${rounds}: what follows is partial.`] : []),
		...(quick ? [`Quick: ${rounds} rounds, t intervals; for a decision leave --quick out.`] : []),
		...loadRemark(environment),
		...runs
			.filter(({ status }) => status !== 'ok')
			.slice(0, MOST_LISTED)
			.map(({ round, cell, status, failure }) => `Round ${round}, ${cell}: ${status}, ${failure}.`),
		...analysis.cells.flatMap(outlierRemarks),
		...percentileRemark(analysis.cells),
		...(analysis.clock === 'processMs'
			? ['Times are of whole processes: of a peer at a foreign server nothing else is known.']
			: []),
		...notes,
	];
}

const MOST_LISTED = 5;

function loadRemark({ loadBefore = 0, cores }: Measured['environment']): readonly string[] {
	return loadBefore > cores / 2
		? [
				`The machine was busy before the first run: load ${loadBefore.toFixed(1)} on ${cores} cores.`,
			]
		: [];
}

function outlierRemarks({ cell, outliers }: CellAnalysis): readonly string[] {
	return outliers.map(
		({ round, outlier, seen }) =>
			`Outlier (${outlier}), kept: round ${round}, ${cell.id}: ${seen}.`,
	);
}

function percentileRemark(cells: readonly CellAnalysis[]): readonly string[] {
	const hidden = cells.filter(({ latencies, latency }) => {
		const p99 = latency.find(({ p }) => p === 0.99);
		return latencies > 0 && p99?.ms === undefined;
	});
	if (hidden.length === 0) return [];
	const counts = hidden.map(({ latencies }) => latencies);
	return [`p99 is left out: ${Math.min(...counts)} requests do not support it (500 would).`];
}
