import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessEnd } from '../../util/child-process.ts';
import { isCode } from '../../util/errors.ts';
import { plural } from '../../util/units.ts';
import type { Run } from '../results.ts';
import type { Contestant, WorkTarget } from './contestant.ts';
import { withoutTimes } from './contestant.ts';
import type { Measurement, RunEvents } from './run-record.ts';

export type JudgedRun = Measurement & Pick<Run, 'status' | 'failure' | 'log' | 'files'>;

export interface FinishedRun {
	readonly kind: Contestant['kind'];
	readonly measurement: Measurement;
	readonly end: ProcessEnd;
	readonly events: Omit<RunEvents, 'read'>;
	readonly files: FilesOnDisk;
	/** Ids of files with wrong content that no client can detect. */
	readonly undetectable: ReadonlySet<string>;
}

/** A run has failed if it crashed, or if the files on disk are wrong. */
export function judge(finished: FinishedRun): JudgedRun {
	const { measurement, end, files } = finished;
	const failure = failureOf(finished);
	const log = withoutTimes(end.log);
	return {
		...measurement,
		files: files.present,
		...(failure === undefined
			? { status: 'ok' }
			: { status: 'failed', failure, ...(log !== '' && { log }) }),
	};
}

/** Marks runs that saved fewer files than others, or none: they did less work, so their times are not comparable. */
export function markIncomplete(runs: readonly Run[]): readonly Run[] {
	const most = runs.reduce(
		(max, { files, status }) => (status === 'ok' ? Math.max(max, files) : max),
		0,
	);
	return runs.map((run) =>
		run.status === 'ok' && (run.files < most || most === 0)
			? {
					...run,
					status: 'incomplete',
					failure: most === 0 ? 'no file could be downloaded' : `${run.files} of ${most} files`,
				}
			: run,
	);
}

function failureOf({ kind, end, events, files, undetectable }: FinishedRun): string | undefined {
	if (end.trouble !== undefined) {
		return end.trouble;
	}
	if (kind === 'strategy') {
		if (end.exitCode !== 0 && end.exitCode !== 1) {
			return `exit code ${end.exitCode}`;
		}
		if (events.end === undefined) {
			return 'ended without the event run.end';
		}
		const { ok, unchanged, skipped } = events.end.totals;
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
	const shown = wrong.slice(0, SHOWN_IDS_LIMIT).join(', ');
	const more = wrong.length > SHOWN_IDS_LIMIT ? ` and ${wrong.length - SHOWN_IDS_LIMIT} more` : '';
	return `${plural(wrong.length, 'wrong file')}: ${shown}${more}`;
}

const SHOWN_IDS_LIMIT = 3;

interface FilesOnDisk {
	readonly present: number;
	/** Ids of targets whose saved files are wrong. */
	readonly wrong: readonly string[];
	/** SHA-256 of each saved file, by id of its target. */
	readonly digests: ReadonlyMap<string, string>;
}

/** @param expected - SHA-256 by id of the target; a file without one counts as correct. */
export async function checkFiles(
	directory: string,
	targets: readonly WorkTarget[],
	expected: ReadonlyMap<string, string>,
	{ fileOf = ({ name }) => name }: Pick<Contestant, 'fileOf'>,
): Promise<FilesOnDisk> {
	const wrong: string[] = [];
	const digests = new Map<string, string>();

	for (const target of targets) {
		const content = await readIfThere(join(directory, fileOf(target)));
		if (content === undefined) {
			continue;
		}
		const digest = createHash('sha256').update(content).digest('hex');
		const correct = expected.get(target.id);
		digests.set(target.id, digest);
		if (correct !== undefined && correct !== digest) {
			wrong.push(target.id);
		}
	}
	return { present: digests.size, wrong, digests };
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
	return await readFile(path).catch((error: unknown) => {
		if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) {
			return undefined;
		}
		throw error;
	});
}
