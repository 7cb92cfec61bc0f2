import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogEntry } from '../server/request-log.ts';
import { type FlagServer, startFlagServer } from '../server/start-flag-server.ts';
import { makeTemporaryDirectory } from '../util/directories.ts';
import { type Conditions, runClient } from './client/clients.ts';
import type { Place } from './client/command-line.ts';
import type { Said } from './client/flagdl-events.ts';
import type { Ended } from './client/run-command.ts';
import type { Expected } from './expected.ts';
import { readFolder, watchFolder } from './folder.ts';
import type { RunSpec } from './run-spec.ts';

const SOCKETS_PATIENCE_MS = 2000;
const POLL_MS = 10;

/** Runs a client against a server of its own, in a folder of its own, and looks at everything. */
export async function observeRun(
	{ scenario, client, profile }: RunSpec,
	expected: readonly Expected[],
	conditions: Conditions,
): Promise<Observation> {
	const requests: LogEntry[] = [];
	const server = await startFlagServer({ scenario, log: (entry) => requests.push(entry) });
	const folder = await makeTemporaryDirectory('flagdl-smoke-');

	try {
		const place = await placeIn(folder, server.url, expected);
		const watch = watchFolder(place.outputDir, expected);
		const ran = await runClient(client, place, profile.timeoutMs, conditions).finally(() =>
			watch.stop(),
		);
		const serverUtilization = server.summary().eventLoop.utilization;
		const socketsLeft = await countSockets(server);
		return {
			...ran,
			serverUtilization,
			socketsLeft,
			seenPartial: watch.stop(),
			files: readFolder(place.outputDir),
			requests: requests
				.filter(({ path }) => path.startsWith('/flags/'))
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
): Promise<Place> {
	const urls = expected.map(({ planned }) => serverUrl + planned.path);
	const listFile = join(folder, 'urls.txt');
	const outputDir = join(folder, 'files');
	await mkdir(outputDir);
	await writeFile(listFile, `${urls.join('\n')}\n`);
	return { urls, baseUrl: `${serverUrl}/flags`, listFile, outputDir };
}

/** The kernel closes the sockets of a process with it, but the server hears of that a little later. */
async function countSockets(server: FlagServer): Promise<number> {
	const deadline = performance.now() + SOCKETS_PATIENCE_MS;
	while (server.summary().connections > 0 && performance.now() < deadline) {
		await sleep(POLL_MS);
	}
	return server.summary().connections;
}

/** All that was seen of one run. */
export interface Observation {
	readonly ended: Ended;
	/** Contents by name below the output directory. */
	readonly files: ReadonlyMap<string, Buffer>;
	/** Files seen unfinished under their final names. */
	readonly seenPartial: ReadonlySet<string>;
	/** Of the flags, in the order of arrival; empty if the server is external. */
	readonly requests: readonly LogEntry[];
	/** Connections open after the end. */
	readonly socketsLeft: number;
	/** Busy share of the server's event loop. */
	readonly serverUtilization?: number;
	/** Absent for a client that speaks no events. */
	readonly said?: Said;
}
