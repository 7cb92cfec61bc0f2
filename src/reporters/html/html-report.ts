import type { Reporter, RunEnd, RunStart, WarningEvent } from '../event.ts';
import { FailureGroups } from '../failure-groups.ts';
import type { ReportFile } from '../files/report-file.ts';
import { failuresHtml } from './failures.ts';
import { Gallery } from './gallery.ts';
import { headHtml } from './head.ts';
import { STYLE } from './style.ts';
import { timelineHtml } from './timeline.ts';
import { TimelineRows } from './timeline-rows.ts';

const MOST_FAILURES = 300;

/**
 * One page that needs nothing but itself: no script, no network. Failures first, then the files,
 * then the attempts. What does not fit is counted, so that its memory has a bound.
 */
export function htmlReport(file: ReportFile): Reporter {
	const groups = new FailureGroups(MOST_FAILURES);
	const gallery = new Gallery();
	const timeline = new TimelineRows();
	const warnings: WarningEvent[] = [];
	let start: RunStart | undefined;
	let end: RunEnd | undefined;

	return {
		on(event) {
			switch (event.type) {
				case 'run.start':
					start = event;
					break;
				case 'outcome':
					groups.add(event.outcome);
					gallery.add(event.outcome);
					timeline.add(event.outcome);
					break;
				case 'warning':
					warnings.push(event);
					break;
				case 'activity':
				case 'not_started':
					break;
				case 'run.end':
					end = event;
					break;
			}
		},
		async close() {
			if (start === undefined || end === undefined) {
				return;
			}
			file.write(OPENING);
			file.write(headHtml({ start, end, warnings }));
			file.write(failuresHtml(groups));
			for await (const html of gallery.html()) {
				file.write(html);
			}
			file.write(timelineHtml(timeline, start.startMs));
			file.write(CLOSING);
		},
	};
}

const OPENING = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>flagdl report</title>
<style>${STYLE}</style>
</head>
<body>
`;

const CLOSING = `<footer class="soft">Written by flagdl. This page needs no script and no network.</footer>
</body>
</html>
`;
