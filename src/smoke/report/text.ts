import type { Output, Paint } from '../../reporters/output.ts';
import { printable } from '../../util/text.ts';
import { formatDuration, plural } from '../../util/units.ts';
import type { SmokeEnd, SmokeEvent, SmokeRun, SmokeStart } from './smoke-event.ts';
import {
	effortOf,
	endingOf,
	type FindingGroup,
	fateOf,
	groupFindings,
	nameOf,
	namesOf,
	rulesIn,
	thresholdText,
} from './wording.ts';

/** Findings shown of each run. */
const MAX_SHOWN = 12;

/** For people: what will be done, a line for each run as it ends, the thresholds, a verdict. */
export function textReport(output: Output, paint: Paint): (event: SmokeEvent) => void {
	let nameWidth = 0;
	let scenarios: SmokeStart['scenarios'] = [];
	return (event) => {
		switch (event.type) {
			case 'smoke.start':
				scenarios = event.scenarios;
				nameWidth = Math.max(...event.runs.map((labels) => nameOf(labels).length));
				output.write(startText(event, paint));
				break;
			case 'smoke.run':
				output.write(runText(event, { scenarios }, nameWidth, paint));
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

function startText({ runs, scenarios, clients, profile, lanes, server }: SmokeStart, paint: Paint) {
	const against =
		server === undefined
			? scenarios.map(({ name, seed }) => `${name} (seed ${seed})`).join(', ')
			: printable(server);
	const lines = [
		`${plural(runs.length, 'run')}, ${lanes === 1 ? 'one at a time' : `${lanes} at a time`}, against ${against}`,
		...Object.entries(clients).map(([name, line]) => `${name}: ${printable(line)}`),
		`profile: ${profile.join(' ')}`,
	];
	return `${lines.map((line) => paint.dim(line)).join('\n')}\n\n`;
}

function runText(
	run: SmokeRun,
	start: Pick<SmokeStart, 'scenarios'>,
	nameWidth: number,
	paint: Paint,
): string {
	const mark = run.passed ? paint.good('ok  ') : paint.bad('FAIL');
	const line = `${mark}  ${nameOf(run.labels).padEnd(nameWidth)}  ${fateOf(run)}  ${paint.dim(`${effortOf(run)}, ${endingOf(run)}, ${formatDuration(run.wallMs)}`)}\n`;
	const groups = groupFindings(run.findings);
	const few = groups.slice(0, MAX_SHOWN);
	const shown = few.map((group) => `      ${groupText(group)}\n`);
	const rules = rulesIn(few, run, start).map(
		([id, does]) => `      ${paint.dim(`rule ${id}: ${does}`)}\n`,
	);
	const more = groups.length - shown.length;
	const rest = more > 0 ? `      … and ${more} more; --report has all of them\n` : '';
	return line + shown.join('') + rest + rules.join('') + lastOutputText(run, paint);
}

function groupText(group: FindingGroup): string {
	const parts = [group.check, namesOf(group), group.message];
	return printable(parts.filter((part) => part !== '').join('  '));
}

/** Where the run itself went wrong, or nothing was asked for: of single targets, the findings tell. */
function lastOutputText({ findings, counts, lastOutput = '' }: SmokeRun, paint: Paint): string {
	const ofRun = counts.requests === 0 || findings.some(({ target }) => target === undefined);
	if (lastOutput === '' || !ofRun) {
		return '';
	}
	const lines = lastOutput.split(/\r?\n|\r/).slice(-5);
	return lines.map((line) => `      ${paint.dim(`| ${printable(line)}`)}\n`).join('');
}

function endText({ passed, runs, thresholds, wallMs }: SmokeEnd, paint: Paint): string {
	const all = runs.passed + runs.failed + runs.unmade;
	// Nothing has begun: the reason follows, and is all there is to say.
	if (all === 0) {
		return '';
	}
	const judged = thresholds.pass + thresholds.fail + thresholds.inconclusive;
	const gates = judged === 0 ? '' : `, ${thresholds.pass} of ${plural(judged, 'threshold')} passed`;
	const doubt = thresholds.inconclusive === 0 ? '' : ` (${thresholds.inconclusive} inconclusive)`;
	const text = `${runs.passed} of ${plural(all, 'run')} as they should be${gates}${doubt}, ${formatDuration(wallMs)}`;
	return `\n${passed ? paint.good(text) : paint.bad(text)}\n`;
}
