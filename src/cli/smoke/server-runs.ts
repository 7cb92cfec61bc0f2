import { resolve } from 'node:path';
import type { Profile } from '../../smoke/client/clients.ts';
import { flagdlClient } from '../../smoke/client/clients.ts';
import type { Host } from '../../smoke/client/run-command.ts';
import { OFFERS } from '../../smoke/measures.ts';
import { type Seen, serverRun } from '../../smoke/server-run.ts';
import { bareUrl } from '../../util/secrets.ts';
import type { SmokeFlags } from './command.ts';
import { chosenWays, type Field, profilesOf } from './run-set.ts';

/**
 * Runs against an external server: one at a time, as it may be in use.
 *
 * @throws {UsageError}
 */
export function openServerField(
	codes: readonly string[],
	flags: SmokeFlags,
	cwd: string,
	host: Host,
): Field {
	const profiles = profilesOf(flags, 'far');
	const what = whatToGet(codes, flags, cwd);
	const seen: Seen = new Map();
	const url = flags.server ?? flags.template;
	const server = url === undefined ? flags.input.join(', ') : bareUrl(url);

	const ways = chosenWays(flags.strategies, profiles);
	const targets = countTargets(codes, flags);
	const runs = ways.map(({ strategy, profile, labels }): Field['runs'][number] => {
		const client = flagdlClient({ strategy, profile, host, what: () => what });
		const spec = { labels, client, server, profile };
		return { labels, ...targets, make: (conditions) => serverRun(spec, seen, conditions) };
	});
	return {
		runs,
		offer: OFFERS.server,
		profile: profiles[0] as Profile,
		mayOverlap: false,
		about: { scenarios: [], clients: {}, server },
		rehearsal: what,
	};
}

/** Only what is plain: `flagdl get` knows the rest. */
function countTargets(
	codes: readonly string[],
	{ input, all, limit = Number.POSITIVE_INFINITY }: SmokeFlags,
): { readonly targets?: number } {
	const isPlain = input.length === 0 && all !== true && codes.every((code) => code.length > 1);
	return isPlain && codes.length > 0 ? { targets: Math.min(codes.length, limit) } : {};
}

/** The options are those of `flagdl get`, which checks them; only files move with the working directory. */
function whatToGet(codes: readonly string[], flags: SmokeFlags, cwd: string): string[] {
	const { server, template, input, checksums, all, limit } = flags;
	return [
		...(server === undefined ? [] : ['--server', server]),
		...(template === undefined ? [] : ['--template', template]),
		...input.flatMap((file) => ['--input', resolve(cwd, file)]),
		...(checksums === undefined ? [] : ['--checksums', resolve(cwd, checksums)]),
		...(all === true ? ['--all'] : []),
		...(limit === undefined ? [] : ['--limit', String(limit)]),
		...codes,
	];
}
