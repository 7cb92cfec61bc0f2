import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { OutcomeStatus } from '../../src/download/outcome.ts';
import { contentsOf, isContentOfAny, isUndetectable } from './held-content.ts';

/** The members of a target that the oracle needs. */
export interface KnownTarget {
	readonly url: string;
	readonly dest: string;
	readonly mirrors?: readonly string[];
}

export interface KnownOutcome extends KnownTarget {
	readonly status: OutcomeStatus;
}

export interface RunEnd {
	/** Whether each started target has an outcome, which is not so after a signal or a crash. */
	readonly isComplete: boolean;
	/** Whether its directory for parts still exists, as after a single download of a context. */
	readonly hasParts?: boolean;
	/** Files that the command line names: reports and lists, which may be beside the targets. */
	readonly named?: readonly string[];
}

const HINT = '(what a server of a test holds is said by holds() of test/helpers/held-content.ts)';
const MAX_FINDINGS = 10;
const WELL: readonly OutcomeStatus[] = ['ok', 'unchanged', 'skipped'];
const OWN_FILES: readonly string[] = ['.flagdl-state.json', '.flagdl-worker'];
const PARTS_DIRECTORY = '.flagdl';

/** URLs whose content a destination may have, over all runs of this test file. */
const urlsOf = new Map<string, Set<string>>();
/** Fingerprints of the files that runs have saved. */
const saved = new Map<string, string>();
const openRuns = new Set<RunUnderOracle>();

/**
 * Compares what a run leaves on disk with what the servers hold, in addition to the assertions of its test:
 *
 * - A new or changed file is complete and has the content of its URL, also after SIGKILL.
 * - `ok` has its file; `unchanged` and `skipped` do not touch theirs; all others neither create nor change one.
 * - Files that were in the directory before are unchanged.
 * - After a successful run, nothing else is left: no part, no temporary file, no empty folder.
 */
export class RunUnderOracle {
	readonly #directories = new Set<string>();
	readonly #before = new Map<string, string>();
	readonly #outcomes: KnownOutcome[] = [];
	/** Runs that were open at the same time, which may have created files in the same directories. */
	readonly #met: Set<RunUnderOracle>;
	readonly #hasOthers: boolean;

	/**
	 * @param directories - Directories that it saves to, if they are known before the first target.
	 * @param hasOthers - Whether workers that are not under the oracle save files, here or elsewhere.
	 */
	constructor(directories: readonly string[] = [], hasOthers = false) {
		this.#hasOthers = hasOthers;
		for (const directory of directories) {
			this.#lookInto(directory);
		}
		this.#met = new Set(openRuns);
		for (const run of openRuns) {
			run.#met.add(this);
		}
		openRuns.add(this);
	}

	/** Called with each target before it starts. */
	begins(target: KnownTarget): void {
		this.#lookInto(dirname(target.dest));
		const there = fingerprintOf(target.dest);
		if (there !== undefined && !this.#before.has(target.dest)) {
			// Behind a link to a directory, which `walk` does not follow.
			this.#before.set(target.dest, there);
		}
		noteUrls(target);
	}

	ended(outcome: KnownOutcome): void {
		noteUrls(outcome);
		this.#outcomes.push(outcome);
	}

	/** @throws With all findings. */
	end(end: RunEnd): void {
		openRuns.delete(this);
		const after = new Map([...this.#directories].flatMap((directory) => [...walk(directory)]));
		const findings = [...this.#judgeOutcomes(after), ...this.#judgeFiles(after, end)];
		for (const [path, fingerprint] of after) {
			if (this.#before.get(path) !== fingerprint && urlsOf.has(path)) {
				saved.set(path, fingerprint);
			}
		}
		if (findings.length > 0) {
			const lines = findings.slice(0, MAX_FINDINGS).map((finding) => `- ${finding}\n`);
			throw new Error(`the oracle found ${findings.length} wrong:\n${lines.join('')}${HINT}`);
		}
	}

	*#judgeOutcomes(after: ReadonlyMap<string, string>): Generator<string> {
		const saving = new Set(this.#outcomes.filter(({ status }) => status === 'ok').map(destOf));
		for (const outcome of this.#outcomes) {
			const { status, dest } = outcome;
			const before = this.#before.get(dest);
			const there = after.get(dest) ?? fingerprintOf(dest);
			if (status === 'ok' && there !== undefined) {
				yield* judgeContent(dest, urlsOfTarget(outcome));
			} else if (status === 'ok' && !this.#hasOthers) {
				yield `${dest}: told ok, and not there`;
			} else if (!saving.has(dest) && there !== before && !this.#isShared()) {
				const change = before === undefined ? 'made' : there === undefined ? 'lost' : 'changed';
				yield `${dest}: ${change}, though its target is ${status}`;
			} else if (isWell(outcome) && there !== undefined && saved.get(dest) === there) {
				// This run trusts what an earlier one has left, so it must be right.
				yield* judgeContent(dest);
			}
		}
	}

	*#judgeFiles(after: ReadonlyMap<string, string>, end: RunEnd): Generator<string> {
		const named = new Set(end.named);
		const own = new Set(this.#outcomes.map(destOf));
		const isOver = end.isComplete && !this.#isShared();
		const allWell = isOver && this.#outcomes.every(isWell);
		const mayHaveParts = !allWell || end.hasParts === true;
		for (const [path, fingerprint] of after) {
			const before = this.#before.get(path);
			if (
				before === fingerprint ||
				own.has(path) ||
				named.has(path) ||
				isOfFlagdl(path, mayHaveParts)
			) {
				continue;
			}
			if (fingerprint === DIRECTORY) {
				const isEmpty = ![...after.keys()].some((other) => other.startsWith(`${path}${sep}`));
				if (allWell && isEmpty && !this.#directories.has(path)) {
					yield `${path}: an empty folder is left`;
				}
			} else if (urlsOf.has(path)) {
				yield* isOver ? [`${path}: saved without an outcome`] : judgeContent(path);
			} else if (isOver) {
				yield `${path}: ${before === undefined ? 'left over' : 'changed'}, and it is no target's`;
			} else if (!isContentOfAny(readRegularFile(path), basename(path))) {
				yield `${path}: found ${describeContent(readRegularFile(path))}, which is of no URL that was requested`;
			}
		}
		for (const path of this.#before.keys()) {
			const isGone = !after.has(path) && fingerprintOf(path) === undefined;
			if (isGone && !own.has(path) && !this.#isShared() && !isOfFlagdl(path, true)) {
				yield `${path}: lost; it was there before the run, and is no target's`;
			}
		}
	}

	#lookInto(directory: string): void {
		if ([...this.#directories].some((seen) => isWithin(directory, seen))) {
			return;
		}
		this.#directories.add(directory);
		for (const [path, fingerprint] of walk(directory)) {
			this.#before.set(path, fingerprint);
		}
	}

	#isShared(): boolean {
		const directories = [...this.#met].flatMap((run) => [...run.#directories]);
		const isOwn = (theirs: string) =>
			[...this.#directories].some((own) => isWithin(own, theirs) || isWithin(theirs, own));
		return this.#hasOthers || directories.some(isOwn);
	}
}

/** Whether the file must exist. */
export function isWell({ status }: KnownOutcome): boolean {
	return WELL.includes(status);
}

function destOf({ dest }: KnownTarget): string {
	return dest;
}

function urlsOfTarget({ url, mirrors = [] }: KnownTarget): readonly string[] {
	return [url, ...mirrors];
}

function noteUrls(target: KnownTarget): void {
	const urls = urlsOf.get(target.dest) ?? [];
	urlsOf.set(target.dest, new Set([...urls, ...urlsOfTarget(target)]));
}

/** Checks that a destination has the content of one of these URLs; by default, of any that it may come from. */
function* judgeContent(
	dest: string,
	urls: readonly string[] = [...(urlsOf.get(dest) ?? [])],
): Generator<string> {
	const content = readRegularFile(dest);
	const right = urls.flatMap((url) => contentsOf(url));
	if (!urls.some(isUndetectable) && !right.some((held) => held.equals(content))) {
		const allowed = right.map(describeContent).join(' or ');
		yield `${dest}: found ${describeContent(content)}; ${urls.join(', ')} holds ${allowed}`;
	}
}

/** @throws For links, devices and pipes, which no run creates under a final name. */
function readRegularFile(path: string): Buffer {
	if (!lstatSync(path).isFile()) {
		throw new Error(`the oracle found ${path}, which is no regular file`);
	}
	return readFileSync(path);
}

function describeContent(content: Buffer): string {
	const digest = createHash('sha256').update(content).digest('hex').slice(0, 8);
	return `${content.length} bytes ${JSON.stringify(content.toString('latin1', 0, 24))} (sha256 ${digest}…)`;
}

/** State files that flagdl keeps beside the files, and parts if they may be left. */
function isOfFlagdl(path: string, mayHaveParts: boolean): boolean {
	if (OWN_FILES.includes(basename(path))) {
		return true;
	}
	return mayHaveParts && path.split(sep).includes(PARTS_DIRECTORY);
}

const DIRECTORY = 'directory';

/** Every file and folder below, with a fingerprint that changes when it is written or replaced. */
function* walk(directory: string): Generator<[path: string, fingerprint: string]> {
	let names: readonly string[];
	try {
		names = readdirSync(directory);
	} catch {
		return;
	}
	for (const name of names) {
		const path = join(directory, name);
		const fingerprint = fingerprintOf(path);
		if (fingerprint === undefined) {
			continue;
		}
		yield [path, fingerprint];
		if (fingerprint === DIRECTORY) {
			yield* walk(path);
		}
	}
}

function fingerprintOf(path: string): string | undefined {
	try {
		const stats = lstatSync(path, { bigint: true });
		if (stats.isDirectory()) {
			return DIRECTORY;
		}
		return stats.isFile() ? `${stats.ino} ${stats.size} ${stats.mtimeNs}` : `special ${stats.ino}`;
	} catch {
		return undefined;
	}
}

function isWithin(path: string, directory: string): boolean {
	return path === directory || path.startsWith(`${directory}${sep}`);
}
