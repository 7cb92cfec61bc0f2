import { createDecide, type Decide } from '../scenarios/decide.ts';
import type { Plan, PlannedTarget } from '../scenarios/plan.ts';
import {
	mayRefuse,
	requestBounds,
	resetsConnections,
	restartsIn,
} from '../scenarios/plan-dependence.ts';
import type { Fault, Scenario } from '../scenarios/scenario.ts';
import { readAll } from '../server/content/body.ts';
import type { ContentSource } from '../server/content/content-source.ts';
import { segmentsOf } from '../server/content/url-path.ts';
import { encodedContent } from '../server/faults/stored-content.ts';
import type { Labels } from '../thresholds/metrics.ts';
import type { Client, Profile } from './client/clients.ts';

/** A client and the server to run it against. */
export interface RunSpec {
	readonly labels: Labels;
	readonly scenario: Scenario;
	/** Whether the server speaks HTTPS, with a certificate created for the run. */
	readonly tls: boolean;
	/** Files of the server. */
	readonly source: ContentSource;
	/** Codes of flags in upper case, or paths. */
	readonly targets: readonly string[];
	readonly client: Client;
	readonly profile: Profile;
}

/** A target of a planned run with its expected file. */
export interface Expected {
	readonly planned: PlannedTarget;
	/** Name below the output directory: `br.gif`, or the path below the server's folder. */
	readonly file: string;
	/** The true content. */
	readonly content: Buffer;
	/** Other acceptable contents, for a client that does not decode. */
	readonly alternatives: readonly Buffer[];
	/** Whether the file may be missing although flagdl would save it. */
	readonly mayBeMissing: boolean;
	/** Range of requests that a correct client makes. */
	readonly requests: { readonly min: number; readonly max: number };
	/** Whether the target may end either way, because limits refuse requests by order or time. */
	readonly uncertain: boolean;
	/** Whether requests may fail before the server sees them: it restarts, or resets connections. */
	readonly mayBeUnseen: boolean;
}

/** True contents of files, by path. */
export type Contents = ReadonlyMap<string, Buffer>;

/**
 * Derives from a plan the expected files and requests.
 *
 * @param options - `leeways`: leeway of a client other than flagdl, by target.
 */
export function expectedOf(
	plan: Plan,
	contents: Contents,
	{
		handshakeResets = 0,
		leeways,
	}: {
		readonly handshakeResets?: number | undefined;
		readonly leeways?: ReadonlyMap<string, Leeway> | undefined;
	} = {},
): Expected[] {
	const { targets, retries } = plan;
	const restarts = restartsIn(targets);
	const broken = restarts + handshakeResets;
	return targets.map((planned) => {
		const { path, attempts, id } = planned;
		const leeway = leeways?.get(id);
		const { min, max } = requestBounds(plan, planned);
		return {
			planned,
			file: fileOf(planned),
			content: contents.get(path) ?? EMPTY,
			alternatives: leeway?.contents ?? [],
			mayBeMissing: leeway?.mayBeMissing ?? false,
			requests: {
				min: Math.min(min, leeway?.minRequests ?? min),
				max: Math.max(max, leeway?.maxRequests ?? max),
			},
			// Each restart and reset may cost a target an attempt that it needs.
			uncertain: mayRefuse(plan) || (broken > 0 && attempts.length + broken > retries + 1),
			mayBeUnseen: restarts > 0 || resetsConnections(plan),
		};
	});
}

/** The leeway of a client other than flagdl, by target. */
export async function leewaysOf(
	{ scenario, source }: Pick<RunSpec, 'scenario' | 'source'>,
	{ targets }: Plan,
	contents: Contents,
): Promise<ReadonlyMap<string, Leeway>> {
	const decide = createDecide(scenario, source.files);
	const leeways = targets.map(async (target) => {
		const content = contents.get(target.path) ?? EMPTY;
		return [target.id, await leewayOf(decide, target, content)] as const;
	});
	return new Map(await Promise.all(leeways));
}

/** Results that are correct, too, where the standard permits choices other than flagdl's. */
interface Leeway {
	/** Contents that a client may save instead of the true one: still encoded. */
	readonly contents: readonly Buffer[];
	/** Whether the file may be missing: clients need not support cookies and transfer codings. */
	readonly mayBeMissing: boolean;
	readonly minRequests: number;
	readonly maxRequests: number;
}

const NO_LEEWAY: Leeway = {
	contents: [],
	mayBeMissing: false,
	minRequests: Number.POSITIVE_INFINITY,
	maxRequests: 0,
};

/** The leeway of another client over the planned attempts. */
async function leewayOf(
	decide: Decide,
	{ path, attempts }: PlannedTarget,
	truth: Buffer,
): Promise<Leeway> {
	let leeway = NO_LEEWAY;
	for (const { number, code } of attempts) {
		const fault = decide(path, number).claim?.fault;
		const granted = await leewayAt(fault, truth);
		// A client may wait longer for a slow response than flagdl does.
		if (granted === undefined && code !== 'max_time' && code !== 'too_slow') {
			continue;
		}
		const { contents = [], mayBeMissing = false } = granted ?? {};
		leeway = {
			contents: [...leeway.contents, ...contents],
			mayBeMissing: leeway.mayBeMissing || mayBeMissing,
			minRequests: Math.min(leeway.minRequests, number),
			maxRequests: mayBeMissing ? Number.POSITIVE_INFINITY : leeway.maxRequests,
		};
	}
	return leeway;
}

async function leewayAt(
	fault: Fault | undefined,
	truth: Buffer,
): Promise<Partial<Pick<Leeway, 'contents' | 'mayBeMissing'>> | undefined> {
	if (fault?.type === 'encoded' && fault.as === 'content') {
		return { contents: [await encodedContent(fault, truth)] };
	}
	const mayBeMissing = fault?.type === 'encoded' || fault?.type === 'cookie-wall';
	return mayBeMissing ? { mayBeMissing } : undefined;
}

/** Content of what is not read: a pipe would block, a device may be endless, and no target is as large. */
export const UNREAD: Buffer = Buffer.from('not read');

/** Whether a correct client may have saved these bytes. */
export function isAcceptable({ planned, content, alternatives }: Expected, saved: Buffer): boolean {
	const isPlanned =
		planned.status === 'ok' && (planned.undetectable === true || saved.equals(content));
	return saved !== UNREAD && (isPlanned || alternatives.some((other) => saved.equals(other)));
}

const EMPTY = Buffer.alloc(0);

/** Flags are saved as `br.gif`, files of a folder under their relative path. */
function fileOf({ id, path }: PlannedTarget): string {
	const names = segmentsOf(path) ?? [];
	return (id === path ? names : names.slice(-1)).join('/');
}

/** Reads the true contents of the planned targets that the server has. */
export async function readContents(source: ContentSource, { targets }: Plan): Promise<Contents> {
	const contents = new Map<string, Buffer>();
	for (const { path } of targets) {
		const body = (await source.find(path))?.body;
		if (body !== undefined) {
			contents.set(path, await readAll(body));
		}
	}
	return contents;
}

export function rulesOf({ attempts }: PlannedTarget): string[] {
	return [...new Set(attempts.flatMap(({ rule }) => rule ?? []))];
}
