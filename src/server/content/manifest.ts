import type { Plan } from '../../scenarios/plan.ts';
import { type PlanOptions, pathOfTarget, planRun } from '../../scenarios/plan-run.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { ServedFiles } from '../../scenarios/served-files.ts';
import { isImagePath } from '../../scenarios/verdict.ts';
import type { ContentSource, ServedFile } from './content-source.ts';

/** What a plan has to know of the files of a server. */
export type Manifest = Required<
	Pick<PlanOptions, 'files' | 'isServed' | 'bytesOf' | 'sha256Of' | 'traitsOf'>
>;

/**
 * What a correct client ends with, if it asks for these once each: with the size and digest of each file.
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

interface Described {
	readonly bytes: number;
	/** Lower-case hexadecimal. */
	readonly sha256: string;
	readonly hasOther: boolean;
}

/**
 * Reads each file once, for its size and digest.
 *
 * @param paths - Those to be planned; what the server does not have is left out.
 */
export async function manifestOf(
	source: ContentSource,
	paths: readonly string[] = source.files.paths,
): Promise<Manifest> {
	const described = new Map<string, Described>();
	for (const path of paths) {
		const file = await source.find(path);
		if (file !== undefined) {
			const base64 = file.reprDigest.slice('sha-256=:'.length, -1);
			described.set(path, {
				bytes: file.body.length,
				sha256: Buffer.from(base64, 'base64').toString('hex'),
				hasOther: (await otherOfSameKind(source, file, 0)) !== file,
			});
		}
	}
	return {
		files: source.files,
		isServed: (path) => described.has(path),
		bytesOf: (path) => described.get(path)?.bytes ?? 0,
		sha256Of: (path) => described.get(path)?.sha256 ?? '',
		traitsOf: (path) => described.get(path) ?? {},
	};
}

/**
 * The first file of the same kind with other content: an image of the same format, or no image at all, so
 * that only a digest tells them apart. Nothing empty, which would tell, too.
 *
 * @param start - Where to look first, from 0 to 1.
 * @returns The file itself if there is none.
 */
export async function otherOfSameKind(
	source: ContentSource,
	file: ServedFile,
	start: number,
): Promise<ServedFile> {
	const alike = pathsByKind(source.files).get(kindOf(file.path)) ?? [];
	const first = Math.floor(start * alike.length);
	for (let step = 0; step < alike.length; step += 1) {
		const other = await source.find(alike[(first + step) % alike.length] ?? '');
		if (other !== undefined && other.body.length > 0 && other.etag !== file.etag) {
			return other;
		}
	}
	return file;
}

/** A plan asks for each of maybe many files. */
const known = new WeakMap<ServedFiles, ReadonlyMap<string, readonly string[]>>();

function pathsByKind(files: ServedFiles): ReadonlyMap<string, readonly string[]> {
	let byKind = known.get(files);
	if (byKind === undefined) {
		const lists = new Map<string, string[]>();
		for (const path of files.paths) {
			const list = lists.get(kindOf(path)) ?? [];
			lists.set(kindOf(path), list);
			list.push(path);
		}
		byKind = lists;
		known.set(files, byKind);
	}
	return byKind;
}

function kindOf(path: string): string {
	return isImagePath(path) ? path.slice(path.lastIndexOf('.')).toLowerCase() : '';
}
