import type { Finding } from '../finding.ts';
import type { Observation } from '../observation.ts';

/** What flagdl promises where some files are not there. */
const INCOMPLETE = 1;

/** 0 where every file is there and nothing else where one is not: never "the last one decides". */
export function checkExitCode(
	{ ended, said }: Observation,
	{ missing, targets }: { readonly missing: number; readonly targets: number },
): Finding[] {
	const { code, cause } = ended;
	// Of one that was not found, or was killed, `check-end` tells.
	if (code === undefined || cause !== undefined || (said === undefined && code >= 126)) {
		return [];
	}
	const findings: Finding[] = [];
	const add = (message: string) => findings.push({ check: 'exit_code', message });

	if (missing === 0 && code !== 0) {
		add(`ended with ${code}, though every file is there`);
	}
	if (missing > 0 && code === 0) {
		add(`ended with 0, though ${missing} of ${targets} files are not there`);
	}
	if (said !== undefined && missing > 0 && code > INCOMPLETE) {
		add(`ended with ${code}; where files are missing it promises ${INCOMPLETE}`);
	}
	if (said?.end !== undefined && said.end.exitCode !== code) {
		add(`ended with ${code}, its run.end says ${said.end.exitCode}`);
	}
	return findings;
}
