import type { Decide } from '../scenarios/decide.ts';
import type { PlannedTarget } from '../scenarios/plan.ts';
import type { Fault } from '../scenarios/scenario.ts';
import { encodedContent } from '../server/faults/stored-content.ts';

/** What is right for a client, too, where the standard leaves it a choice that flagdl has made. */
export interface Leeway {
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
export async function leewayOf(
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
