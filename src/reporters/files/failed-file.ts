import { relative, sep } from 'node:path';
import { wasNotStarted } from '../../download/outcome.ts';
import type { Reporter } from '../../events/run-event.ts';
import { integrityOf } from '../../targets/digests.ts';
import type { Target } from '../../targets/target.ts';
import { joinUserInfo } from '../../targets/url.ts';
import { withoutSignature } from '../../util/secrets.ts';
import { jsonText, printable } from '../../util/text.ts';
import { formatCount } from '../../util/units.ts';
import { reasonOf } from '../outcome-lines.ts';
import type { ReportFile } from './report-file.ts';

/**
 * Lists missing targets in the format of `--input`: absolute URLs with destinations, digests, mirrors and
 * header fields, so that a run with it makes the same requests and saves the same files. Only its owner may
 * read a list with credentials, header fields or signed URLs. The list is empty if nothing is missing.
 */
export function failedFile(file: ReportFile): Reporter {
	let outputDir = '';
	let isBundled = false;
	let lastReason = '';
	let notStarted = 0;
	const write = (target: Target, why: string) => {
		const reason = printable(why);
		file.write(reason === lastReason ? '' : `# ${reason}\n`);
		lastReason = reason;
		const { credentials, headers, url, mirrors = [] } = target;
		const isSigned = [url, ...mirrors].some((one) => withoutSignature(one) !== one);
		if (credentials !== undefined || headers !== undefined || isSigned) {
			file.makePrivate();
		}
		file.write(`${listLine(target, outputDir, isBundled)}\n`);
	};
	return {
		on(event) {
			if (event.type === 'run.start') {
				outputDir = event.outputDir;
				isBundled = event.scenario !== undefined;
			} else if (event.type === 'not_started') {
				write(event.target, 'not started');
				notStarted += 1;
			} else if (event.type === 'outcome' && event.outcome.failure !== undefined) {
				const { target, failure } = event.outcome;
				notStarted += wasNotStarted(event.outcome) ? 1 : 0;
				write(target, reasonOf(failure));
			} else if (event.type === 'run.end' && event.notStarted > notStarted) {
				const left = formatCount(event.notStarted - notStarted);
				file.write(`# ${left} more targets were not started, and could not be listed in time\n`);
			}
		},
	};
}

/** @param isBundled - Whether the run used the bundled server, whose URLs end with the run: writes codes instead. */
function listLine(target: Target, outputDir: string, isBundled: boolean): string {
	const { sha256, sha384, sha512, headers, naming, credentials } = target;
	const isKept = naming !== undefined || (isBundled && target.id !== target.url);
	const id = joinUserInfo(isKept ? target.id : target.url, credentials);
	const mirrors = target.mirrors?.map((mirror) => joinUserInfo(mirror, credentials));
	// If the server names the files, the next run determines the destination.
	const dest =
		naming === undefined ? relative(outputDir, target.dest).split(sep).join('/') : undefined;
	const needsNames = (sha384 ?? sha512 ?? mirrors ?? headers) !== undefined;
	if (needsNames || dest?.startsWith('#')) {
		const integrity = sha384 && integrityOf('sha384', sha384);
		return jsonText({ url: id, dest, sha256, sha512, integrity, mirrors, headers });
	}
	return [id, dest ?? '', sha256 ?? ''].join('\t').trimEnd();
}
