import { relative, sep } from 'node:path';
import type { Outcome } from '../../download/outcome.ts';
import { joinUserInfo } from '../../targets/user-info.ts';
import type { Reporter } from '../event.ts';
import { reasonOf } from '../outcome-line.ts';
import { printable } from '../output.ts';
import type { ReportFile } from './report-file.ts';

/**
 * What is missing, as a list that `--input` reads: codes stay codes, and each keeps its destination,
 * SHA-256 and mirrors, and its user and password; then nobody else may read it. Empty when nothing
 * is missing.
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
				if (event.outcome.target.credentials !== undefined) {
					file.keepPrivate();
				}
				file.write(`${listLine(event.outcome, outputDir)}\n`);
			}
		},
	};
}

function listLine({ target }: Outcome, outputDir: string): string {
	const { sha256, naming, credentials } = target;
	const id = joinUserInfo(target.id, credentials);
	const mirrors = target.mirrors?.map((mirror) => joinUserInfo(mirror, credentials));
	// With names from the server, the destination is not known before the next run either.
	const dest =
		naming === undefined ? relative(outputDir, target.dest).split(sep).join('/') : undefined;
	if (mirrors !== undefined || dest?.startsWith('#') || /\s#/.test(id)) {
		return JSON.stringify({ url: id, dest, sha256, mirrors });
	}
	return [id, dest ?? '', sha256 ?? ''].join('\t').trimEnd();
}
