import { extname, join } from 'node:path';
import { UsageError } from '../util/usage-error.ts';
import type { Checksums } from './checksums.ts';
import type { Entry } from './entry.ts';
import type { FlagUrls } from './flag-urls.ts';
import { httpUrl, quote } from './http-url.ts';
import type { Mirror } from './mirror.ts';
import { type OutputTemplate, outputTemplate } from './output-template.ts';
import type { Target } from './target.ts';
import { mergeCredentials } from './user-info.ts';

/** Everything that turns entries into targets. */
export interface Plan {
	readonly flags: FlagUrls;
	readonly mirrors: readonly Mirror[];
	/** Absent: `{cc}{ext}` for codes, `{basename}` for URLs. */
	readonly output?: OutputTemplate | undefined;
	/** Absolute. */
	readonly outputDir: string;
	readonly withNames: boolean;
	readonly checksums?: Checksums | undefined;
}

const OUTPUT_OF_CODES = outputTemplate('{cc}{ext}');
const OUTPUT_OF_URLS = outputTemplate('{basename}');

/**
 * Gives an entry its URLs and its place.
 *
 * @param index - Place in the list, from 0.
 * @throws {UsageError} When it has no safe destination, or the plan does not fit it.
 */
export function resolveTarget(entry: Entry, index: number, plan: Plan): Target {
	const code = entry.isCode ? entry.id : undefined;
	const url = httpUrl(code === undefined ? entry.id : plan.flags.urlOf(code));
	const output = plan.output ?? (entry.isCode ? OUTPUT_OF_CODES : OUTPUT_OF_URLS);
	const path = entry.dest ?? output({ code, url, index });
	const sha256 = sha256Of(entry, path, plan);
	const mirrors = mirrorsOf(entry, url, plan);
	// What an entry says itself goes before what is said of all.
	const shared = [...plan.mirrors, ...(entry.isCode ? [plan.flags] : [])];
	const credentials = mergeCredentials([...shared, entry].map((said) => said.credentials));

	return {
		id: entry.id,
		index,
		url: url.href,
		dest: join(plan.outputDir, path),
		...(sha256 !== undefined && { sha256 }),
		...(mirrors.length > 0 && { mirrors }),
		...(credentials !== undefined && { credentials }),
		...(plan.withNames && entry.dest === undefined && { naming: namingOf(entry, url, plan) }),
	};
}

function sha256Of(entry: Entry, path: string, { checksums }: Plan): string | undefined {
	const listed = checksums?.(path);
	if (entry.sha256 !== undefined && listed !== undefined && entry.sha256 !== listed) {
		throw new UsageError(`found the SHA-256 ${entry.sha256}, but ${listed} in --checksums`);
	}
	return entry.sha256 ?? listed;
}

function mirrorsOf(entry: Entry, url: URL, { mirrors }: Plan): readonly string[] {
	if (mirrors.length === 0 && entry.mirrors === undefined) {
		return [];
	}

	const further = mirrors.map((mirror) =>
		entry.isCode ? mirror.urlOfCode(entry.id) : mirror.urlOfUrl(url),
	);
	const all = new Set([...(entry.mirrors ?? []), ...further]);
	all.delete(url.href);
	return [...all];
}

function namingOf(entry: Entry, url: URL, { flags, outputDir }: Plan): Target['naming'] & object {
	if (!entry.isCode || flags.metadataUrlOf === undefined) {
		throw new UsageError(
			`found ${quote(entry.isCode ? url.href : entry.id)} with --with-names; allowed: codes, from a server that has metadata (not REMOTE or --template)`,
		);
	}
	return {
		metadataUrl: flags.metadataUrlOf(entry.id),
		directory: outputDir,
		extension: extname(url.pathname),
	};
}
