import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FLAGS } from '../scenarios/served-files.ts';
import { makeIdentity } from '../server/certificate.ts';
import { BodyHold, MIN_HELD_BYTES } from '../server/faults/write-body.ts';
import type { LogEntry } from '../server/request-log.ts';
import { type FlagServer, startFlagServer } from '../server/start-flag-server.ts';
import { makeTemporaryDirectory } from '../util/directories.ts';
import { type Conditions, runClient } from './client/clients.ts';
import type { Place } from './client/command-line.ts';
import type { Said } from './client/flagdl-events.ts';
import type { Ended } from './client/run-command.ts';
import type { Expected, RunSpec } from './expected.ts';
import { nameFiles, nameIn, readFolder, readWhileHeld, urlOf } from './folder.ts';

/** A client is not to lose its patience with a server that holds its bodies. */
const MAX_HOLD_MS = 2000;
const MAX_HOLD_SHARE = 0.7;

const SOCKETS_PATIENCE_MS = 10_000;
const POLL_MS = 10;

/** Runs a client against a server of its own, in a folder of its own, and looks at everything. */
export async function observeRun(
	{ scenario, source, client, profile, tls }: RunSpec,
	expected: readonly Expected[],
	conditions: Conditions,
): Promise<Observation> {
	const requests: LogEntry[] = [];
	const hold = conditions.holdsBodies ? new BodyHold() : undefined;
	const certificate = scenario.tls?.certificate;
	const identity = tls ? await makeIdentity('127.0.0.1', certificate) : undefined;
	const server = await startFlagServer({
		scenario,
		source,
		...(identity !== undefined && { tls: identity }),
		log: (entry) => requests.push(entry),
		...(hold !== undefined && { hold }),
	});
	const folder = await makeTemporaryDirectory('flagdl-smoke-');

	const maxHoldMs = Math.min(MAX_HOLD_MS, profile.stallTimeMs * MAX_HOLD_SHARE);
	try {
		const place = await placeIn(folder, server.url, expected, {
			ca: identity?.ca,
			hasFlags: source.files === FLAGS,
		});
		const ended = new AbortController();
		const [ran, halfway] = await Promise.all([
			runClient(client, place, profile.timeoutMs, conditions).finally(() => ended.abort()),
			hold && readWhileHeld(place.outputDir, hold, { maxHoldMs, signal: ended.signal }),
		]);
		const serverUtilization = server.summary().eventLoop.utilization;
		const socketsLeft = await countSockets(server);
		const said = ran.said && byTarget(ran.said, place.urls, expected);
		const dests = new Map(
			[...(said?.outcomes ?? [])].map(([id, { dest }]) => [id, nameIn(place.outputDir, dest)]),
		);
		const known = new Set([...source.files.paths, ...expected.map(({ planned }) => planned.path)]);
		return {
			...ran,
			...(said !== undefined && { said }),
			serverUtilization,
			socketsLeft,
			...(halfway !== undefined && {
				partial: partialFiles(expected, nameFiles(halfway, expected, dests)),
			}),
			files: nameFiles(readFolder(place.outputDir), expected, dests),
			requests: requests
				.filter(({ path }) => known.has(path))
				.sort((one, other) => one.time - other.time),
		};
	} finally {
		await Promise.all([server.close(), rm(folder, { recursive: true, force: true })]);
	}
}

async function placeIn(
	folder: string,
	serverUrl: string,
	expected: readonly Expected[],
	{ ca, hasFlags }: { readonly ca: string | undefined; readonly hasFlags: boolean },
): Promise<Place> {
	const urls = expected.map(({ planned }) => serverUrl + urlOf(planned.path));
	const listFile = join(folder, 'urls.txt');
	const outputDir = join(folder, 'files');
	await mkdir(outputDir);
	await writeFile(listFile, `${urls.join('\n')}\n`);
	const place = { urls, baseUrl: hasFlags ? `${serverUrl}/flags` : serverUrl, listFile, outputDir };
	if (ca === undefined) {
		return place;
	}
	const caFile = join(folder, 'ca.pem');
	await writeFile(caFile, ca);
	return { ...place, caFile };
}

/** What a client says of URLs is of their targets. */
function byTarget(said: Said, urls: readonly string[], expected: readonly Expected[]): Said {
	const ids = new Map(urls.map((url, index) => [url, expected[index]?.planned.id ?? url]));
	const outcomes = [...said.outcomes].map(([id, one]) => [ids.get(id) ?? id, one] as const);
	return { ...said, outcomes: new Map(outcomes) };
}

/** The kernel closes the sockets of a process with it; a server on a busy machine hears of that seconds later. */
async function countSockets(server: FlagServer): Promise<number> {
	const deadline = performance.now() + SOCKETS_PATIENCE_MS;
	while (server.summary().connections > 0 && performance.now() < deadline) {
		await sleep(POLL_MS);
	}
	return server.summary().connections;
}

function partialFiles(
	expected: readonly Expected[],
	halfway: ReadonlyMap<string, Buffer>,
): ReadonlySet<string> {
	const held = expected.filter(({ content }) => content.length >= MIN_HELD_BYTES);
	return new Set(held.map(({ file }) => file).filter((file) => halfway.has(file)));
}

export interface Observation {
	readonly ended: Ended;
	/** Contents by name below the output directory. */
	readonly files: ReadonlyMap<string, Buffer>;
	/** Files that had their final names before they were whole; absent if bodies were not held. */
	readonly partial?: ReadonlySet<string>;
	/** Of the flags, in the order of arrival; empty if the server is external. */
	readonly requests: readonly LogEntry[];
	readonly socketsLeft: number;
	/** Busy share of the server's event loop. */
	readonly serverUtilization?: number;
	/** Absent for a client that speaks no events. */
	readonly said?: Said;
}
