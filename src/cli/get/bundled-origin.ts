import {
	isScenarioFile,
	type LoadedScenario,
	loadBundledScenario,
} from '../../scenarios/bundled.ts';
import { bookLayout } from '../../targets/flag-urls.ts';
import { CannotRunError } from '../../util/errors.ts';
import type { FlagOrigin } from './flag-origin.ts';

/** Port 0 stands for the one that the kernel will choose. */
const PREVIEW = bookLayout('http://127.0.0.1:0');

/**
 * The server that comes with flagdl, in a thread of its own; it starts when it is needed.
 *
 * @param scenario - Name or file.
 * @throws {UsageError} When there is no such scenario, or it is not valid.
 */
export async function bundledOrigin(
	scenarioName: string,
	seed: number | undefined,
	cwd: string,
): Promise<FlagOrigin> {
	const { scenario } = await load(scenarioName, cwd);
	let starting: ReturnType<typeof startThread> | undefined;

	async function startThread() {
		const { startServerInThread } = await import('../../server/start-in-thread.ts');
		return await startServerInThread({ scenario, ...(seed !== undefined && { seed }) });
	}
	async function start() {
		starting ??= startThread();
		return await starting;
	}

	return {
		preview: PREVIEW,
		scenario,
		start() {
			// Whoever needs the server hears of a failure in `ready`.
			start().catch(() => {});
		},
		async ready() {
			try {
				const layout = bookLayout((await start()).url);
				return { urls: layout, base: layout.base };
			} catch (error) {
				const { message } = error as Error;
				throw new CannotRunError(`the bundled server could not be started: ${message}`, {
					cause: error,
				});
			}
		},
		async stop() {
			await (await starting?.catch(() => undefined))?.stop();
		},
	};
}

/** What parses scenarios is loaded only for a file of the user's. */
async function load(nameOrFile: string, cwd: string): Promise<LoadedScenario> {
	if (!isScenarioFile(nameOrFile)) {
		return loadBundledScenario(nameOrFile);
	}
	const { loadScenario } = await import('../../scenarios/load-scenario.ts');
	return loadScenario(nameOrFile, cwd);
}
