import type { Outcome } from '../../download/outcome.ts';
import type { Reporter } from '../../events/run-event.ts';
import { csvField } from '../../util/text.ts';
import type { ReportFile } from './report-file.ts';

const COLUMNS: Readonly<Record<string, (outcome: Outcome) => string | number | undefined>> = {
	id: ({ target }) => target.id,
	url: ({ target }) => target.url,
	status: ({ status }) => status,
	http_status: ({ httpStatus }) => httpStatus,
	dest: ({ dest }) => dest,
	bytes: ({ bytes }) => bytes,
	requests: ({ requests }) => requests,
	retries: ({ retries }) => retries,
	start: ({ startMs }) => new Date(startMs).toISOString(),
	ms: ({ startMs, endMs }) => Math.round(endMs - startMs),
	error_code: ({ failure }) => failure?.code,
	error_message: ({ failure }) => failure?.message,
	error_causes: ({ failure }) => failure?.causes.join('\n'),
	sha256: ({ sha256 }) => sha256,
};

/** A header, and a row for each outcome: RFC 4180, UTF-8. */
export function csvReport(file: ReportFile): Reporter {
	file.write(`${Object.keys(COLUMNS).join(',')}\r\n`);
	return {
		on(event) {
			if (event.type === 'outcome') {
				const fields = Object.values(COLUMNS).map((of) => csvField(of(event.outcome)));
				file.write(`${fields.join(',')}\r\n`);
			}
		},
	};
}
