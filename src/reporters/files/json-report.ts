import { recordOf } from '../../events/outcome-record.ts';
import type { Reporter, WarningEvent } from '../../events/run-event.ts';
import { jsonText } from '../../util/text.ts';
import { jsonEvents } from '../json-events.ts';
import type { ReportFile } from './report-file.ts';

/** Changes when a program that reads the report would have to. */
const REPORT_VERSION = 1;

/**
 * `{version, run, outcomes: […], warnings, summary}`, an outcome a line, written as they come.
 * Its schema is `report.schema.json`.
 */
export function jsonReport(file: ReportFile): Reporter {
	const warnings: Omit<WarningEvent, 'type'>[] = [];
	let separator = '';

	return {
		on(event) {
			const { type, ...members } = event;
			switch (event.type) {
				case 'run.start':
					file.write(`{"version":${REPORT_VERSION},\n"run":${jsonText(members)},\n"outcomes":[`);
					break;
				case 'outcome':
					file.write(`${separator}\n${jsonText(recordOf(event.outcome))}`);
					separator = ',';
					break;
				case 'warning':
					warnings.push({ code: event.code, message: event.message });
					break;
				case 'activity':
				case 'not_started':
					break;
				case 'run.end':
					file.write(`\n],\n"warnings":${jsonText(warnings)},\n"summary":${jsonText(members)}}\n`);
					break;
			}
		},
	};
}

/** The events of `--json`, in a file. */
export function ndjsonReport(file: ReportFile): Reporter {
	return jsonEvents({ write: (text) => file.write(text) });
}
