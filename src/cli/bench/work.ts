import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { WorkTarget } from '../../bench/experiment/contestant.ts';
import { flagPath } from '../../scenarios/served-files.ts';
import { checkTargets } from '../../targets/check-targets.ts';
import type { Source } from '../../targets/entry.ts';
import { bookLayout } from '../../targets/flag-urls.ts';
import { streamTargets } from '../../targets/resolve-target.ts';
import { UsageError } from '../../util/errors.ts';
import { openSource } from '../get/open-source.ts';
import type { Io } from '../io.ts';
import type { BenchFlags } from './flags.ts';

const DEFAULT_LIMIT = 120;
/** Nothing is saved there: destinations are used as paths below it. */
const ROOT = '/';
/** Stands for a server that is not there yet, or not needed. */
const NO_SERVER = 'http://127.0.0.1:0';

/** What there is to do, checked. */
export interface Work {
	readonly count: number;
	/** Whether it is the bundled server that has the files. */
	readonly bundled: boolean;
	/** @param server - Root of the bundled server, where that has them. */
	targetsFrom(server: string | undefined): Promise<readonly WorkTarget[]>;
	/** Removes what was written down of streams. */
	close(): Promise<void>;
}

/**
 * Reads the targets as `get` does.
 *
 * @throws {UsageError} When they are bad, none, or of two kinds.
 */
export async function openWork(codes: readonly string[], flags: BenchFlags, io: Io): Promise<Work> {
	const isDefault = codes.length === 0 && !flags.all && !flags.every && flags.input.length === 0;
	const all = isDefault || (flags.all ?? false);
	const limit = flags.limit ?? (isDefault ? DEFAULT_LIMIT : undefined);
	const { source, close } = await openSource(codes, { ...flags, all }, io);
	try {
		const checked = await checkTargets(source, planFor(NO_SERVER), limit);
		if (checked.count === 0) {
			throw new UsageError(
				'--input: found no target; allowed: at least one line with a code or a URL',
			);
		}
		if (checked.codes > 0 && checked.codes < checked.count) {
			throw new UsageError(
				'found country codes and URLs; allowed: codes, from the bundled server, or URLs, from yours',
			);
		}
		return {
			count: checked.count,
			bundled: checked.codes > 0,
			targetsFrom: (server) => workTargets(source, server, limit),
			close,
		};
	} catch (error) {
		await close();
		throw error;
	}
}

async function workTargets(
	source: Source,
	server: string | undefined,
	limit: number | undefined,
): Promise<readonly WorkTarget[]> {
	const targets: WorkTarget[] = [];
	for await (const { id, url, dest, sha256 } of streamTargets(
		source,
		planFor(server ?? NO_SERVER),
		limit,
	)) {
		const truth = server === undefined ? undefined : flagTruth(id);
		targets.push({
			id,
			url,
			name: relative(ROOT, dest).replaceAll('\\', '/'),
			...(sha256 !== undefined && { sha256 }),
			...truth,
		});
	}
	return targets;
}

function planFor(server: string): Parameters<typeof checkTargets>[1] {
	return { flags: bookLayout(server), mirrors: [], outputDir: ROOT, withNames: false };
}

/** Of the bundled flag; nothing for a code that no country has. */
function flagTruth(id: string): Pick<WorkTarget, 'sha256' | 'bytes'> | undefined {
	const file = new URL(`../../../fixtures${flagPath(id.toLowerCase())}`, import.meta.url);
	try {
		const content = readFileSync(file);
		const sha256 = createHash('sha256').update(content).digest('hex');
		return { sha256, bytes: content.length };
	} catch {
		return undefined;
	}
}
