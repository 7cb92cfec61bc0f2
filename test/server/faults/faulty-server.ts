import { readFileSync } from 'node:fs';
import { parseScenario } from '../../../src/scenarios/load-scenario.ts';
import type { LogEntry, LogSummary } from '../../../src/server/request-log.ts';
import {
	type FlagServer,
	type FlagServerHooks,
	type FlagServerOptions,
	startFlagServer,
} from '../../../src/server/start-flag-server.ts';
import { httpRequest } from '../http-request.ts';

export const BR_PATH = '/flags/br/br.gif';
export const BR: Buffer = readFileSync(
	new URL('../../../fixtures/flags/br/br.gif', import.meta.url),
);

/** A server with these actions on every attempt. */
export async function startFaulty(
	actions: object | readonly object[],
	more: { readonly document?: object } & FlagServerOptions & FlagServerHooks = {},
): Promise<FlagServer> {
	const { document, ...options } = more;
	const rules = [actions].flat().map((then, index) => ({ id: `rule-${index}`, then }));
	const scenario = parseScenario({ version: 1, rules, ...document });
	return await startFlagServer({ scenario, ...options });
}

export interface ServerLog {
	readonly summary: LogSummary;
	readonly gone: number;
	readonly requests: readonly LogEntry[];
}

export async function readLog({ url }: { readonly url: string }): Promise<ServerLog> {
	const { body } = await httpRequest(`${url}/__flagdl/log`);
	return JSON.parse(body.toString()) as ServerLog;
}
