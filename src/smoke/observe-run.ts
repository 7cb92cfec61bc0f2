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
import type { Workspace } from './client/command-line.ts';
import type { ReportedEvents } from './client/flagdl-events.ts';
import type { CommandEnd } from './client/run-command.ts';
import type { Expected, RunSpec } from './expected.ts';
import { nameFiles, nameIn, readFolder, readWhileHeld, urlOf } from './folder.ts';

/** Bodies are held for less than the client's stall timeout. */
const MAX_HOLD_MS = 2000;
const MAX_HOLD_SHARE = 0.7;

const SOCKETS_TIMEOUT_MS = 10_000;
const POLL_MS = 10;

/** Runs a client against its own server in its own folder, and records everything observable. */
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
		const workspace = await createWorkspace(folder, server.url, expected, {
			ca: identity?.ca,
			hasFlags: source.files === FLAGS,
		});
		const ended = new AbortController();
		const [ran, halfway] = await Promise.all([
			runClient(client, workspace, profile.timeoutMs, conditions).finally(() => ended.abort()),
			hold && readWhileHeld(workspace.outputDir, hold, { maxHoldMs, signal: ended.signal }),
		]);
		const serverUtilization = server.summary().eventLoop.utilization;
		const socketsLeft = await countSockets(server);
		const reported = ran.reported && byTarget(ran.reported, workspace.urls, expected);
		const dests = new Map(
			[...(reported?.outcomes ?? [])].map(([id, { dest }]) => [
				id,
				nameIn(workspace.outputDir, dest),
			]),
		);
		const known = new Set([...source.files.paths, ...expected.map(({ planned }) => planned.path)]);
		return {
			...ran,
			...(reported !== undefined && { reported }),
			serverUtilization,
			socketsLeft,
			...(halfway !== undefined && {
				partial: partialFiles(expected, nameFiles(halfway, expected, dests)),
			}),
			files: nameFiles(readFolder(workspace.outputDir), expected, dests),
			requests: requests
				.filter(({ path }) => known.has(path))
				.sort((one, other) => one.time - other.time),
		};
	} finally {
		await Promise.all([server.close(), rm(folder, { recursive: true, force: true })]);
	}
}

async function createWorkspace(
	folder: string,
	serverUrl: string,
	expected: readonly Expected[],
	{ ca, hasFlags }: { readonly ca: string | undefined; readonly hasFlags: boolean },
): Promise<Workspace> {
	const urls = expected.map(({ planned }) => serverUrl + urlOf(planned.path));
	const listFile = join(folder, 'urls.txt');
	const outputDir = join(folder, 'files');
	await mkdir(outputDir);
	await writeFile(listFile, `${urls.join('\n')}\n`);
	const workspace = {
		urls,
		baseUrl: hasFlags ? `${serverUrl}/flags` : serverUrl,
		listFile,
		outputDir,
	};
	if (ca === undefined) {
		return workspace;
	}
	const caFile = join(folder, 'ca.pem');
	await writeFile(caFile, ca);
	return { ...workspace, caFile };
}

/** Replaces the URLs in reported outcomes by target ids. */
function byTarget(
	reported: ReportedEvents,
	urls: readonly string[],
	expected: readonly Expected[],
): ReportedEvents {
	const ids = new Map(urls.map((url, index) => [url, expected[index]?.planned.id ?? url]));
	const outcomes = [...reported.outcomes].map(([id, one]) => [ids.get(id) ?? id, one] as const);
	return { ...reported, outcomes: new Map(outcomes) };
}

/** The kernel closes the sockets of an ended process, but the server may notice seconds later on a busy machine. */
async function countSockets(server: FlagServer): Promise<number> {
	const deadline = performance.now() + SOCKETS_TIMEOUT_MS;
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
	readonly ended: CommandEnd;
	/** Contents by name below the output directory. */
	readonly files: ReadonlyMap<string, Buffer>;
	/** Files with their final names while incomplete; absent if bodies were not held. */
	readonly partial?: ReadonlySet<string>;
	/** Requests for files, in order of arrival; empty if the server is external. */
	readonly requests: readonly LogEntry[];
	readonly socketsLeft: number;
	/** Busy share of the server's event loop. */
	readonly serverUtilization?: number;
	/** Absent for a client without events. */
	readonly reported?: ReportedEvents;
}
