import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { delimiter, resolve } from 'node:path';
import {
	type Contestant,
	type StrategyOptions,
	strategyContestant,
} from '../../bench/experiment/contestant.ts';
import { PEERS, type PeerName, peerContestant } from '../../bench/experiment/peers.ts';
import { LOCAL_STRATEGY_NAMES } from '../../strategies/names.ts';
import { UsageError } from '../../util/errors.ts';
import { explainInput, suggest } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';
import type { BenchFlags } from './command.ts';

export interface Contestants {
	readonly contestants: readonly Contestant[];
	/** Names the peers that are not installed. */
	readonly notes: readonly string[];
}

/** @throws {UsageError} If a name is unknown, or a peer cannot do what the options ask for. */
export async function createContestants(
	flags: BenchFlags,
	{ flagdl, seed }: Pick<StrategyOptions, 'flagdl' | 'seed'>,
): Promise<Contestants> {
	const { concurrency: concurrencies, rate, threads = availableParallelism() } = flags;
	refuseUnknown('--strategies', flags.strategies, LOCAL_STRATEGY_NAMES);
	refuseUnknown('--peer', flags.peer, Object.keys(PEERS));
	if (flags.peer.length > 0 && rate !== undefined) {
		throw new UsageError('--peer and --rate: the peers keep no rate; drop one of them');
	}

	const own = flags.strategies.map((strategy, index) => {
		const earlier = flags.strategies.slice(0, index).filter((name) => name === strategy).length;
		const name = earlier === 0 ? strategy : `${strategy} (${earlier + 1})`;
		return strategyContestant({ flagdl, strategy, name, concurrencies, seed, rate, threads });
	});
	const peers: Contestant[] = [];
	const notes: string[] = [];
	for (const peer of new Set(flags.peer) as ReadonlySet<PeerName>) {
		const [program, ...others] = await Promise.all(
			PEERS[peer].programs.map((name) => findProgram(name, flagdl.env['PATH'])),
		);
		if (program === undefined || others.includes(undefined)) {
			notes.push(`${peer} is not here: found no program of that name on the PATH.`);
		} else {
			peers.push(peerContestant(peer, program, { concurrencies, env: flagdl.env }));
		}
	}
	return { contestants: [...own, ...peers], notes };
}

function refuseUnknown(option: string, names: readonly string[], known: readonly string[]): void {
	for (const name of names) {
		if (!known.includes(name)) {
			throw new UsageError(
				`${option}: ${explainInput(quote(name), `${known.join(', ')}, separated by commas`, suggest(name, known))}`,
			);
		}
	}
}

/** @returns The absolute path of a program on the PATH. */
async function findProgram(name: string, path = ''): Promise<string | undefined> {
	for (const directory of path.split(delimiter)) {
		const file = resolve(directory, name);
		if (directory !== '' && (await isProgram(file))) {
			return file;
		}
	}
	return undefined;
}

async function isProgram(file: string): Promise<boolean> {
	try {
		await access(file, constants.X_OK);
		return (await stat(file)).isFile();
	} catch {
		return false;
	}
}
