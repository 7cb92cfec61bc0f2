import { resolve } from 'node:path';
import type { ContentSource } from '../../server/content/content-source.ts';
import { segmentsOf, urlPathOf } from '../../server/content/url-path.ts';
import type { Upstream } from '../../server/upstream/upstream-requests.ts';
import { isCode, systemReason, UsageError } from '../../util/errors.ts';
import { explainInput, suggest } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';
import { option, type Typed } from './option.ts';

export function rootOption(): Typed<string | undefined> {
	return option('--root <dir>', 'serve the files of this folder instead of the flags');
}

/** @throws {UsageError} If it is not a readable folder. */
export async function openRoot(root: string, cwd: string): Promise<ContentSource> {
	const { FolderFiles } = await import('../../server/content/folder-files.ts');
	try {
		return new FolderFiles(resolve(cwd, root));
	} catch (error) {
		const why = isCode(error, 'ENOTDIR')
			? explainInput(`the file ${quote(root)}`, 'a folder')
			: `cannot read ${quote(root)}: ${systemReason(error)}`;
		throw new UsageError(`--root: ${why}`, { cause: error });
	}
}

/**
 * Selects files of `--root`.
 *
 * @param given - Paths below the folder, plain or as in URLs; all files if empty.
 * @throws {UsageError}
 */
export function pathsIn(
	{ files }: ContentSource,
	given: readonly string[],
	{ all = false, every = false }: { readonly all?: boolean; readonly every?: boolean },
): readonly string[] {
	if (all || every) {
		throw new UsageError(
			`${all ? '--all' : '--every'} is for flags; with --root every file is meant unless you name some`,
		);
	}
	if (files.paths.length === 0) {
		throw new UsageError(`--root: ${explainInput('no file in it', 'a folder with files')}`);
	}
	return given.length === 0
		? files.paths
		: [...new Set(given.map((name) => pathOf(name, files.paths)))];
}

function pathOf(name: string, paths: readonly string[]): string {
	const urlPath = name.startsWith('/') ? name : `/${name}`;
	const encodedPath = urlPathOf(urlPath.split('/').filter((part) => part !== ''));
	const segments = segmentsOf(urlPath);
	const path = [encodedPath, segments && urlPathOf(segments)].find(
		(one) => one && paths.includes(one),
	);
	if (path === undefined) {
		const found = `no file ${quote(name)} below --root`;
		throw new UsageError(
			explainInput(found, 'a path of one of its files', suggest(urlPath, paths)),
		);
	}
	return path;
}

interface UpstreamFlags {
	readonly upstream?: string;
	readonly upstreamTimeout?: number;
	readonly root?: string;
}

export const UPSTREAM_TIMEOUT_MS = 60_000;

/** @throws {UsageError} */
export function upstreamOf({
	upstream,
	upstreamTimeout,
	root,
}: UpstreamFlags): Upstream | undefined {
	if (upstream === undefined) {
		if (upstreamTimeout !== undefined) {
			throw new UsageError('--upstream-timeout is for --upstream <url>; give both, or none');
		}
		return undefined;
	}
	if (root !== undefined) {
		throw new UsageError('--root and --upstream contradict each other; give one of them');
	}
	return { url: parseUpstream(upstream), timeoutMs: upstreamTimeout ?? UPSTREAM_TIMEOUT_MS };
}

/** @throws {UsageError} The message does not quote the text, which may contain a password. */
function parseUpstream(text: string): string {
	const usageError = (found: string, hint: string = '') => {
		const allowed = `an origin such as http://127.0.0.1:3000${hint}`;
		return new UsageError(`--upstream: ${explainInput(found, allowed)}`);
	};
	if (!URL.canParse(text)) {
		throw usageError('no URL');
	}
	const url = new URL(text);
	if (url.protocol !== 'http:' && url.protocol !== 'https:') {
		throw usageError(`the scheme ${url.protocol.slice(0, -1)}`);
	}
	if (url.username !== '' || url.password !== '') {
		throw usageError('a name or password', '; the client sends who it is');
	}
	if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
		throw usageError('more than an origin', '; paths are handed on as they are');
	}
	return url.origin;
}
