import type { Reporter } from '../event.ts';
import { jsonEvents } from '../json-events.ts';
import type { ReportFile } from './report-file.ts';

/** The events of `--json`, in a file. */
export function ndjsonReport(file: ReportFile): Reporter {
	return jsonEvents({ write: (text) => file.write(text) });
}
