import { cellColumns, column } from '../report/cell-columns.ts';
import type { Run, RunAttempt } from '../results.ts';
import { type MedianRun, medianRuns, type PageContext } from './context.ts';
import { htmlTable } from './html.ts';
import { isFailed } from './phases.ts';

export function faultsSection(context: PageContext): string {
	const { scenario } = context.measured.work;
	if (scenario === undefined) {
		return '';
	}
	const { planned } = scenario;
	const rules = Object.keys(planned.faults);
	const rows = medianRuns(context, context.analysis.cells);
	const refused = rows.some(({ run }) => (run.server?.refused ?? 0) > 0);
	if (rules.length === 0 && !refused) {
		return '';
	}

	const exact = planned.exact
		? ''
		: ' Order and time decide as well here, so the plan is not exact.';
	return `<section>
<h2>Faults: planned, met, recovered</h2>
<p class="soft">What the scenario had planned for these files, and what a typical run of each cell met: requests that a rule claimed, and of the files that met it those that were there in the end. A client that gives up early meets fewer.${exact}</p>
${htmlTable<MedianRun>(
	[
		...cellColumns(({ cell }: MedianRun) => cell.cell),
		...rules.map((rule) =>
			column(
				rule,
				`${planned.faults[rule]} planned; requests that met it, files that recovered`,
				({ run }: MedianRun) => met(run, rule),
			),
		),
		column('refused', 'requests, by a limit of the server', ({ run }) =>
			run.server?.refused ? String(run.server.refused) : '',
		),
		column(
			'files',
			'right in the end, of those that can be had',
			({ run }) => `${run.files} of ${planned.ok}`,
		),
	],
	rows,
)}
</section>`;
}

/** `9 met, 7 of 7 files recovered`. */
function met({ attempts }: Run, rule: string): string {
	// Each redirect is a further request of the same attempt.
	const claimed = attempts.filter(
		(attempt, at) => attempt.rule === rule && !isAfterRedirect(attempt, attempts[at - 1]),
	);
	if (claimed.length === 0) {
		return 'none met';
	}
	const files = new Set(claimed.map(({ file }) => file));
	const recovered = [...files].filter((file) => {
		const last = attempts.findLast((attempt) => attempt.file === file);
		return last !== undefined && !isFailed(last);
	});
	return `${claimed.length} met, ${recovered.length} of ${files.size} files`;
}

function isAfterRedirect({ file }: RunAttempt, before: RunAttempt | undefined): boolean {
	const { status = 0 } = before ?? {};
	return before?.file === file && status >= 300 && status < 400;
}
