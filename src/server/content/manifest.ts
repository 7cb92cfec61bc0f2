import type { Plan } from '../../scenarios/plan.ts';
import { type PlanOptions, pathOfTarget, planRun } from '../../scenarios/plan-run.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { ServedFiles } from '../../scenarios/served-files.ts';
import { isImagePath } from '../../scenarios/verdict.ts';
import type { ContentSource, ServedFile } from './content-source.ts';

/** What a plan needs to know about the files of a server. */
export type Manifest = Required<
	Pick<PlanOptions, 'files' | 'isServed' | 'bytesOf' | 'sha256Of' | 'traitsOf'>
>;

/**
 * What a correct client ends with if it requests each target once, with the size and digest of each file.
 *
 * @param targets - Paths, or country codes.
 */
export async function planOf(
	scenario: Scenario,
	source: ContentSource,
	targets: readonly string[],
	options: PlanOptions,
): Promise<Plan> {
	const manifest = await manifestOf(source, targets.map(pathOfTarget));
	return planRun(scenario, targets, { ...manifest, ...options });
}

interface FileFacts {
	readonly bytes: number;
	/** Lower-case hexadecimal. */
	readonly sha256: string;
	readonly hasOther: boolean;
}

/**
 * Reads each file once for its size and digest.
 *
 * @param paths - Paths to plan; those that the server does not have are omitted.
 */
export async function manifestOf(
	source: ContentSource,
	paths: readonly string[] = source.files.paths,
): Promise<Manifest> {
	const facts = new Map<string, FileFacts>();
	for (const path of paths) {
		const file = await source.find(path);
		if (file !== undefined) {
			const base64 = file.reprDigest.slice('sha-256=:'.length, -1);
			facts.set(path, {
				bytes: file.body.length,
				sha256: Buffer.from(base64, 'base64').toString('hex'),
				hasOther: (await otherOfSameKind(source, file, 0)) !== file,
			});
		}
	}
	return {
		files: source.files,
		isServed: (path) => facts.has(path),
		bytesOf: (path) => facts.get(path)?.bytes ?? 0,
		sha256Of: (path) => facts.get(path)?.sha256 ?? '',
		traitsOf: (path) => facts.get(path) ?? {},
	};
}

/**
 * The first non-empty file of the same kind with other content: an image of the same format, or a non-image,
 * so that only a digest distinguishes them.
 *
 * @param start - Where in the list to start, from 0 to 1.
 * @returns The file itself if there is no other.
 */
export async function otherOfSameKind(
	source: ContentSource,
	file: ServedFile,
	start: number,
): Promise<ServedFile> {
	const candidates = pathsByKind(source.files).get(kindOf(file.path)) ?? [];
	const first = Math.floor(start * candidates.length);
	for (let step = 0; step < candidates.length; step += 1) {
		const other = await source.find(candidates[(first + step) % candidates.length] ?? '');
		if (other !== undefined && other.body.length > 0 && other.etag !== file.etag) {
			return other;
		}
	}
	return file;
}

/** Cached, because a plan looks up every file. */
const pathsCache = new WeakMap<ServedFiles, ReadonlyMap<string, readonly string[]>>();

function pathsByKind(files: ServedFiles): ReadonlyMap<string, readonly string[]> {
	let byKind = pathsCache.get(files);
	if (byKind === undefined) {
		const lists = new Map<string, string[]>();
		for (const path of files.paths) {
			const list = lists.get(kindOf(path)) ?? [];
			lists.set(kindOf(path), list);
			list.push(path);
		}
		byKind = lists;
		pathsCache.set(files, byKind);
	}
	return byKind;
}

function kindOf(path: string): string {
	return isImagePath(path) ? path.slice(path.lastIndexOf('.')).toLowerCase() : '';
}
