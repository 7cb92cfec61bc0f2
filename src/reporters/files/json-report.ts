import { type Reporter, recordOf, type WarningEvent } from '../../events/run-event.ts';
import { jsonText } from '../../util/text.ts';
import type { Output } from '../output.ts';
import type { ReportFile } from './report-file.ts';

/** Incremented by breaking changes of the report. */
const REPORT_VERSION = 1;

/**
 * `{version, run, outcomes: […], warnings, summary}`, one outcome a line, written as they end.
 * Its schema is `report.schema.json`.
 */
export function jsonReport(file: ReportFile): Reporter {
	const warnings: Omit<WarningEvent, 'type'>[] = [];
	let separator = '';

	return {
		on(event) {
			const { type, ...members } = event;
			if (event.type === 'run.start') {
				file.write(`{"version":${REPORT_VERSION},\n"run":${jsonText(members)},\n"outcomes":[`);
			} else if (event.type === 'outcome') {
				file.write(`${separator}\n${jsonText(recordOf(event.outcome))}`);
				separator = ',';
			} else if (event.type === 'warning') {
				warnings.push({ code: event.code, message: event.message });
			} else if (event.type === 'run.end') {
				file.write(`\n],\n"warnings":${jsonText(warnings)},\n"summary":${jsonText(members)}}\n`);
			}
		},
	};
}

/** Incremented by breaking changes of the events. */
const EVENT_VERSION = 1;

/**
 * `--json` and NDJSON reports: one object a line; the last is `run.end`. The schema is
 * `events.schema.json`.
 */
export function jsonEvents(output: Output): Reporter {
	let seq = 0;
	return {
		on(event) {
			if (event.type === 'activity' || event.type === 'not_started') {
				return;
			}
			const { type, ...members } = event;
			const flat = event.type === 'outcome' ? recordOf(event.outcome) : members;
			output.write(`${jsonText({ v: EVENT_VERSION, seq, type, ...flat })}\n`);
			seq += 1;
		},
	};
}
