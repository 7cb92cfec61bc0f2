import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessEnd } from '../../util/child-process.ts';
import { isCode } from '../../util/errors.ts';
import type { Run } from '../results.ts';
import type { Contestant, WorkTarget } from './contestant.ts';
import type { Told } from './read-events.ts';
import type { Measurement } from './run-record.ts';
import { withoutTimes } from './shell-times.ts';

/** A run and what is to be thought of it. */
export type Judged = Measurement & Pick<Run, 'status' | 'failure' | 'log' | 'files'>;

export interface Trial {
	readonly kind: Contestant['kind'];
	readonly measurement: Measurement;
	readonly end: ProcessEnd;
	readonly told: Told;
	readonly files: FilesOnDisk;
	/** Ids of files whose false content no client can see. */
	readonly undetectable: ReadonlySet<string>;
}

/** A run fails where it crashed, or where what is on disk is not what it should be. */
export function judge(trial: Trial): Judged {
	const { measurement, end, files } = trial;
	const failure = failureOf(trial);
	const log = withoutTimes(end.log);
	return {
		...measurement,
		files: files.present,
		...(failure === undefined
			? { status: 'ok' }
			: { status: 'failed', failure, ...(log !== '' && { log }) }),
	};
}

/** Where others got more files, a run did not do the same work, and its time is not comparable. */
export function markIncomplete(runs: readonly Run[]): readonly Run[] {
	const most = runs.reduce(
		(max, { files, status }) => (status === 'ok' ? Math.max(max, files) : max),
		0,
	);
	return runs.map((run) =>
		run.status === 'ok' && run.files < most
			? { ...run, status: 'incomplete', failure: `${run.files} of ${most} files` }
			: run,
	);
}

function failureOf({ kind, end, told, files, undetectable }: Trial): string | undefined {
	if (end.trouble !== undefined) {
		return end.trouble;
	}
	if (kind === 'strategy') {
		if (end.exitCode !== 0 && end.exitCode !== 1) {
			return `exit code ${end.exitCode}`;
		}
		if (told.end === undefined) {
			return 'ended without saying so';
		}
		const { ok, unchanged, skipped } = told.end.totals;
		const saved = ok + unchanged + skipped;
		if (saved !== files.present) {
			return `says ${saved} files, but ${files.present} are there`;
		}
	} else if (files.present === 0) {
		return `saved nothing, exit code ${end.exitCode}`;
	}

	const wrong = files.wrong.filter((id) => !undetectable.has(id));
	if (wrong.length === 0) {
		return undefined;
	}
	const some = wrong.slice(0, SHOWN).join(', ');
	const more = wrong.length > SHOWN ? ` and ${wrong.length - SHOWN} more` : '';
	return `${wrong.length} wrong ${wrong.length === 1 ? 'file' : 'files'}: ${some}${more}`;
}

const SHOWN = 3;

/** What a run has left behind, compared with what it should. */
interface FilesOnDisk {
	readonly present: number;
	readonly bytes: number;
	/** Ids of targets whose files are there and are not the true ones. */
	readonly wrong: readonly string[];
	/** SHA-256 of each file that is there, by id of its target. */
	readonly digests: ReadonlyMap<string, string>;
}

/**
 * Reads every file that a run should have saved.
 *
 * @param expected - SHA-256 by id of the target; a file without one counts as true.
 */
export async function checkFiles(
	directory: string,
	targets: readonly WorkTarget[],
	expected: ReadonlyMap<string, string>,
	{ fileOf = ({ name }) => name }: Pick<Contestant, 'fileOf'>,
): Promise<FilesOnDisk> {
	const wrong: string[] = [];
	const digests = new Map<string, string>();
	let bytes = 0;

	for (const target of targets) {
		const content = await readIfThere(join(directory, fileOf(target)));
		if (content === undefined) {
			continue;
		}
		const digest = createHash('sha256').update(content).digest('hex');
		const truth = expected.get(target.id);
		digests.set(target.id, digest);
		bytes += content.length;
		if (truth !== undefined && truth !== digest) {
			wrong.push(target.id);
		}
	}
	return { present: digests.size, bytes, wrong, digests };
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
	try {
		return await readFile(path);
	} catch (error) {
		if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) {
			return undefined;
		}
		throw error;
	}
}
