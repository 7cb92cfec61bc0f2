import type { Output, Paint } from '../../reporters/output.ts';
import { printable, wrapWords } from '../../util/text.ts';
import { formatDuration, plural } from '../../util/units.ts';
import type { SmokeEnd, SmokeEvent, SmokeRun, SmokeStart } from '../results.ts';
import {
	effortText,
	type FindingGroup,
	groupFindings,
	nameOf,
	namesOf,
	resultText,
	rulesIn,
	thresholdText,
} from './wording.ts';

/** Findings shown for each run. */
const MAX_SHOWN = 12;
const INDENT = ' '.repeat('FAIL  '.length);

interface Screen {
	readonly columns: number;
	readonly paint: Paint;
}

/**
 * Human-readable: the planned runs, a line for each run as it ends, the thresholds, and a verdict.
 *
 * @param columns - Width of the terminal; by default lines are not wrapped.
 */
export function textReport(
	output: Output,
	paint: Paint,
	columns: () => number = () => Number.POSITIVE_INFINITY,
): (event: SmokeEvent) => void {
	let nameWidth = 0;
	let scenarios: SmokeStart['scenarios'] = [];
	return (event) => {
		switch (event.type) {
			case 'smoke.start':
				scenarios = event.scenarios;
				nameWidth = Math.max(...event.runs.map((labels) => nameOf(labels).length));
				output.write(startText(event, columns(), paint));
				break;
			case 'smoke.run':
				output.write(runText(event, { scenarios }, nameWidth, { columns: columns(), paint }));
				break;
			case 'threshold':
				output.write(thresholdText(event, paint));
				break;
			case 'warning':
				output.write(`${paint.strong('warning')}  ${printable(event.message)}\n`);
				break;
			case 'run.end':
				output.write(endText(event, paint));
				break;
		}
	};
}

function startText(
	{ runs, scenarios, clients, profile, lanes, server }: SmokeStart,
	columns: number,
	paint: Paint,
) {
	const against =
		server === undefined
			? scenarios.map(({ name, seed }) => `${name} (seed ${seed})`).join(', ')
			: printable(server);
	const lines = [
		`${plural(runs.length, 'run')}, ${lanes === 1 ? 'one at a time' : `${lanes} at a time`}, against ${against}`,
		...Object.entries(clients).map(([name, line]) => `${name}: ${printable(line)}`),
		`profile: ${profile.join(' ')}`,
	];
	const wrapped = lines.flatMap((line) => wrapWords(line, columns, '  '));
	return `${wrapped.map((line) => paint.dim(line)).join('\n')}\n\n`;
}

function runText(
	run: SmokeRun,
	start: Pick<SmokeStart, 'scenarios'>,
	nameWidth: number,
	{ columns, paint }: Screen,
): string {
	const mark = run.passed ? paint.good('ok  ') : paint.bad('FAIL');
	const fate = `${nameOf(run.labels).padEnd(nameWidth)}  ${resultText(run)}`;
	const effort = effortText(run);
	const isOneLine = INDENT.length + fate.length + 2 + effort.length < columns;
	const line = isOneLine
		? `${mark}  ${fate}  ${paint.dim(effort)}\n`
		: `${mark}  ${fate}\n${wrapWords(INDENT + effort, columns, INDENT)
				.map((part) => `${paint.dim(part)}\n`)
				.join('')}`;
	const groups = groupFindings(run.findings);
	const few = groups.slice(0, MAX_SHOWN);
	const shown = few.flatMap((group) =>
		wrapWords(INDENT + groupText(group), columns, `${INDENT}  `).map((part) => `${part}\n`),
	);
	const rules = rulesIn(few, run, start).flatMap(([id, does]) =>
		wrapWords(`${INDENT}rule ${id}: ${does}`, columns, `${INDENT}  `).map(
			(part) => `${paint.dim(part)}\n`,
		),
	);
	const more = groups.length - few.length;
	const rest = more > 0 ? `${INDENT}… and ${more} more; --report has all of them\n` : '';
	return line + shown.join('') + rest + rules.join('') + lastOutputText(run, paint);
}

function groupText(group: FindingGroup): string {
	const parts = [group.check, namesOf(group), group.message];
	return printable(parts.filter((part) => part !== '').join('  '));
}

/** Shown if the client failed or made no request; findings suffice for single targets. */
function lastOutputText(
	{ findings, counts, exitCode, lastOutput = '' }: SmokeRun,
	paint: Paint,
): string {
	const isOfRun = findings.some(({ target }) => target === undefined);
	const isShown = findings.length > 0 && (isOfRun || exitCode !== 0 || counts.requests === 0);
	if (lastOutput === '' || !isShown) {
		return '';
	}
	const lines = lastOutput.split(/\r?\n|\r/).slice(-5);
	return lines.map((line) => `${INDENT}${paint.dim(`| ${printable(line)}`)}\n`).join('');
}

function endText({ passed, runs, thresholds, wallMs }: SmokeEnd, paint: Paint): string {
	const all = runs.passed + runs.failed + runs.unmade;
	// No run was started; the caller reports the reason.
	if (all === 0) {
		return '';
	}
	const judged = thresholds.pass + thresholds.fail + thresholds.inconclusive;
	const gates = judged === 0 ? '' : `, ${thresholds.pass} of ${plural(judged, 'threshold')} passed`;
	const doubt = thresholds.inconclusive === 0 ? '' : ` (${thresholds.inconclusive} inconclusive)`;
	const unmade = runs.unmade === 0 ? '' : `, interrupted before the other ${runs.unmade} ended`;
	const text = `${runs.passed} of ${plural(all, 'run')} passed${unmade}${gates}${doubt}, ${formatDuration(wallMs)}`;
	return `\n${passed ? paint.good(text) : paint.bad(text)}\n`;
}
