import { createDecide, type Decide } from '../scenarios/decide.ts';
import type { Plan, PlannedTarget } from '../scenarios/plan.ts';
import { mayRefuse, requestBounds, restartsIn } from '../scenarios/plan-dependence.ts';
import type { Fault, Scenario } from '../scenarios/scenario.ts';
import { readAll } from '../server/content/body.ts';
import type { ContentSource } from '../server/content/content-source.ts';
import { segmentsOf } from '../server/content/url-path.ts';
import { encodedContent } from '../server/faults/stored-content.ts';
import type { Labels } from '../thresholds/metrics.ts';
import type { Client, Profile } from './client/clients.ts';

/** One run to make: a client against a server. */
export interface RunSpec {
	readonly labels: Labels;
	readonly scenario: Scenario;
	/** Whether the server speaks HTTPS, with a certificate made for the run. */
	readonly tls: boolean;
	/** What the server has. */
	readonly source: ContentSource;
	/** Codes of flags in upper case, or paths. */
	readonly targets: readonly string[];
	readonly client: Client;
	readonly profile: Profile;
}

/** A target of a planned run, and the file that it leads to. */
export interface Expected {
	readonly planned: PlannedTarget;
	/** Below the output directory: `br.gif`, or as below the folder of the server. */
	readonly file: string;
	/** What the server has, truly. */
	readonly content: Buffer;
	/** Content that is as right, for a client that leaves a coding as it is. */
	readonly alternatives: readonly Buffer[];
	/** Whether the file may be missing though flagdl would have it. */
	readonly mayMiss: boolean;
	/** Requests that a correct client makes. */
	readonly requests: { readonly min: number; readonly max: number };
	/** Where limits of the scenario refuse requests by order or time, either end is right. */
	readonly uncertain: boolean;
	/** Whether the server restarts: requests may break before it has seen them. */
	readonly restarts: boolean;
}

/** The true bytes of files, by path. */
export type Contents = ReadonlyMap<string, Buffer>;

/**
 * What a plan means for the disk and for the server's log.
 *
 * @param options - `choices` are those of another client than flagdl, by target; absent: it has none.
 */
export function expectedOf(
	plan: Plan,
	contents: Contents,
	{
		handshakeResets = 0,
		choices,
	}: {
		readonly handshakeResets?: number | undefined;
		readonly choices?: ReadonlyMap<string, Leeway> | undefined;
	} = {},
): Expected[] {
	const { targets, retries } = plan;
	const restarts = restartsIn(targets);
	const broken = restarts + handshakeResets;
	return targets.map((planned) => {
		const { path, attempts, id } = planned;
		const choice = choices?.get(id);
		const { min, max } = requestBounds(plan, planned);
		return {
			planned,
			file: fileOf(planned),
			content: contents.get(path) ?? EMPTY,
			alternatives: choice?.contents ?? [],
			mayMiss: choice?.mayMiss ?? false,
			requests: {
				min: Math.min(min, choice?.minRequests ?? min),
				max: Math.max(max, choice?.maxRequests ?? max),
			},
			// Each restart and reset may cost an attempt, and a target may need all that it has.
			uncertain: mayRefuse(plan) || (broken > 0 && attempts.length + broken > retries + 1),
			restarts: restarts > 0,
		};
	});
}

/** The choices that another client has, by target. */
export async function choicesOf(
	{ scenario, source }: Pick<RunSpec, 'scenario' | 'source'>,
	{ targets }: Plan,
	contents: Contents,
): Promise<ReadonlyMap<string, Leeway>> {
	const decide = createDecide(scenario, source.files);
	const choices = targets.map(async (target) => {
		const content = contents.get(target.path) ?? EMPTY;
		return [target.id, await leewayOf(decide, target, content)] as const;
	});
	return new Map(await Promise.all(choices));
}

/** What is right for a client, too, where the standard leaves it a choice that flagdl has made. */
interface Leeway {
	/** Content that is as good as the true one: as it is stored, where a coding is not undone. */
	readonly contents: readonly Buffer[];
	/** Whether the file may be missing: cookies and transfer codings need not be known. */
	readonly mayMiss: boolean;
	readonly minRequests: number;
	readonly maxRequests: number;
}

const NO_CHOICE: Leeway = {
	contents: [],
	mayMiss: false,
	minRequests: Number.POSITIVE_INFINITY,
	maxRequests: 0,
};

/** The choices that another client has on its way through the attempts of a plan. */
async function leewayOf(
	decide: Decide,
	{ path, attempts }: PlannedTarget,
	truth: Buffer,
): Promise<Leeway> {
	let leeway = NO_CHOICE;
	for (const { number, code } of attempts) {
		const fault = decide(path, number).claim?.fault;
		const choice = await choiceAt(fault, truth);
		// A client may have more patience with a slow answer than flagdl has.
		if (choice === undefined && code !== 'max_time' && code !== 'too_slow') {
			continue;
		}
		const { contents = [], mayMiss = false } = choice ?? {};
		leeway = {
			contents: [...leeway.contents, ...contents],
			mayMiss: leeway.mayMiss || mayMiss,
			minRequests: Math.min(leeway.minRequests, number),
			maxRequests: mayMiss ? Number.POSITIVE_INFINITY : leeway.maxRequests,
		};
	}
	return leeway;
}

async function choiceAt(
	fault: Fault | undefined,
	truth: Buffer,
): Promise<Partial<Pick<Leeway, 'contents' | 'mayMiss'>> | undefined> {
	if (fault?.type === 'encoded' && fault.as === 'content') {
		return { contents: [await encodedContent(fault, truth)] };
	}
	const mayMiss = fault?.type === 'encoded' || fault?.type === 'cookie-wall';
	return mayMiss ? { mayMiss } : undefined;
}

/** Whether saved bytes are what a correct client may have. */
export function isContentOf({ planned, content, alternatives }: Expected, saved: Buffer): boolean {
	return (
		(planned.status === 'ok' && (planned.undetectable === true || saved.equals(content))) ||
		alternatives.some((other) => saved.equals(other))
	);
}

const EMPTY = Buffer.alloc(0);

/** Flags are saved as `br.gif`, files of a folder as they lie in it. */
function fileOf({ id, path }: PlannedTarget): string {
	const names = segmentsOf(path) ?? [];
	return (id === path ? names : names.slice(-1)).join('/');
}

/** The true bytes of what is planned; a server need not have all of it. */
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
