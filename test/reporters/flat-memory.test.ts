import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

// With outcomes of about 600 bytes, a reporter that kept them would need 70 MB per kind.
const SCRIPT = `
	import { openReport, REPORT_KINDS } from '#dist/reporters/files/report-kinds.js';
	import { failedFile } from '#dist/reporters/files/failed-file.js';
	const [folder] = process.argv.slice(-1);
	const reports = await Promise.all(Object.entries(REPORT_KINDS).map(async ([kind, { load }]) =>
		openReport(folder + '/r' + kind, await load())));
	reports.push(openReport(folder + '/failed.txt', failedFile));
	const tell = (event) => reports.forEach((report) => report.on(event));
	tell({ type: 'run.start', version: '0', strategy: 'async', concurrency: 1, outputDir: folder, startMs: 0 });
	for (let index = 0; index < 100_000; index += 1) {
		const url = 'https://example.org/' + 'x'.repeat(200) + index;
		tell({ type: 'outcome', outcome: {
			target: { id: url, index, url, dest: folder + '/' + index },
			status: 'error', dest: folder + '/' + index, bytes: 0, requests: 1, retries: 0, startMs: 1, endMs: 2,
			failure: { code: 'http_500', message: '500', causes: [] },
		} });
	}
	const totals = { ok: 0, unchanged: 0, skipped: 0, not_found: 0, error: 100_000, cancelled: 0 };
	tell({ type: 'run.end', totals, requests: 0, retries: 0, bytes: 0, wallMs: 1, cpuMs: 1, maxRssBytes: 1,
		eventLoopDelay: { p50Ms: 0, p99Ms: 0, maxMs: 0 }, exitCode: 1 });
	for (const report of reports) await report.close();
`;

it('writes all reports of 100,000 targets with 24 MB of heap', { timeout: 120_000 }, async () => {
	const folder = await temporaryFolder();
	const dist = new URL('../../dist/', import.meta.url).href;
	const script = SCRIPT.replaceAll('#dist/', dist);
	const heap = '--max-old-space-size=24';

	await promisify(execFile)(process.execPath, [heap, '--input-type=module', '-e', script, folder]);

	expect((await stat(join(folder, 'r.ndjson'))).size).toBeGreaterThan(60_000_000);
	expect((await stat(join(folder, 'r.html'))).size).toBeLessThan(3_000_000);
});
