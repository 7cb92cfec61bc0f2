import type { Finding } from '../finding.ts';

/** Targets of which the same is to be said. */
export interface FindingGroup extends Pick<Finding, 'check' | 'message'> {
	readonly targets: readonly string[];
	readonly rules: readonly string[];
}

/** Forty targets of a client that never began are one line, not forty. */
export function groupFindings(findings: readonly Finding[]): FindingGroup[] {
	const groups = new Map<string, Finding[]>();
	for (const finding of findings) {
		const key = `${finding.check} ${finding.message}`;
		groups.set(key, [...(groups.get(key) ?? []), finding]);
	}
	return [...groups.values()].map((group) => ({
		check: group[0]?.check ?? 'client',
		message: group[0]?.message ?? '',
		targets: group.flatMap(({ target }) => target ?? []),
		rules: [...new Set(group.flatMap(({ rules }) => rules ?? []))],
	}));
}

const MOST_NAMED = 8;

/** `BR, CN and 12 more`. */
export function namesOf({ targets }: FindingGroup): string {
	const more = targets.length - MOST_NAMED;
	return targets.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
