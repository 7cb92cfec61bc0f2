import { textReport } from '../../smoke/report/text.ts';
import { codeOfEnding } from '../code-of-error.ts';
import { paintFor } from '../colours.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { openThresholds } from '../options/thresholds.ts';
import type { SmokeFlags } from '../smoke-command.ts';
import { endOf } from './end.ts';
import { Events, jsonListener } from './events.ts';
import { openHost } from './host.ts';
import { makeRuns } from './make-runs.ts';
import { openField } from './open-field.ts';
import { openReports, type Reports } from './open-reports.ts';
import { rehearse } from './rehearse.ts';

/**
 * `flagdl smoke`: serves, downloads and checks.
 *
 * @throws {UsageError} Before the first request.
 * @throws {ReportError} When a report cannot be written.
 * @throws {CannotRunError} When a server could not be started, or there is no place to download to.
 */
export async function smoke(
	codes: readonly string[],
	flags: SmokeFlags,
	io: Io,
): Promise<ExitCode> {
	io.takeTime?.();
	const output = flags.json === true ? io.stderr : io.stdout;
	const events = new Events([
		textReport(output, await paintFor(output, io.env)),
		...(flags.json === true ? [jsonListener(io.stdout)] : []),
	]);
	let reports: Reports | undefined;

	try {
		const host = openHost(io);
		const field = openField(codes, flags, io.cwd, host);
		const thresholds = openThresholds(flags, io.cwd, {
			command: 'flagdl smoke',
			offer: field.offer,
			runs: field.runs.map(({ labels }) => labels),
		});
		if (field.rehearsal !== undefined) {
			await rehearse(field.rehearsal, host, io.interrupted);
		}
		reports = openReports(flags, io);
		return await makeRuns({ field, thresholds, host, io, events, reports, output });
	} catch (error) {
		// The last line of the events is `run.end`, whatever happens.
		const nothing = { results: [], judgements: [], planned: 0, wallMs: 0 };
		if (!events.ended) {
			events.tell(endOf({ ...nothing, exitCode: codeOfEnding(error, io.interrupted) }));
		}
		throw error;
	} finally {
		reports?.discard();
	}
}
