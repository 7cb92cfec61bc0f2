import { relative, sep } from 'node:path';
import type { Outcome } from '../../download/outcome.ts';
import type { Reporter } from '../event.ts';
import { reasonOf } from '../outcome-line.ts';
import { printable } from '../output.ts';
import type { ReportFile } from './report-file.ts';

/**
 * What is missing, as a list that `--input` reads: codes stay codes, and each keeps its destination,
 * SHA-256 and mirrors. Empty when nothing is missing.
 */
export function failedFile(file: ReportFile): Reporter {
	let outputDir = '';
	let lastReason = '';
	return {
		on(event) {
			if (event.type === 'run.start') {
				outputDir = event.outputDir;
			} else if (event.type === 'warning' && event.code === 'not_listed') {
				file.write(`# ${event.message}\n`);
			} else if (event.type === 'outcome' && event.outcome.failure !== undefined) {
				const reason = printable(reasonOf(event.outcome.failure));
				file.write(reason === lastReason ? '' : `# ${reason}\n`);
				lastReason = reason;
				file.write(`${listLine(event.outcome, outputDir)}\n`);
			}
		},
	};
}

function listLine({ target }: Outcome, outputDir: string): string {
	const { id, sha256, mirrors, naming } = target;
	// With names from the server, the destination is not known before the next run either.
	const dest =
		naming === undefined ? relative(outputDir, target.dest).split(sep).join('/') : undefined;
	if (mirrors !== undefined || dest?.startsWith('#') || /\s#/.test(id)) {
		return JSON.stringify({ url: id, dest, sha256, mirrors });
	}
	return [id, dest ?? '', sha256 ?? ''].join('\t').trimEnd();
}
