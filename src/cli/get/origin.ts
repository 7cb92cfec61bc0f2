import {
	isScenarioFile,
	type LoadedScenario,
	loadBundledScenario,
} from '../../scenarios/bundled.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { Identity } from '../../server/certificate.ts';
import {
	bookLayout,
	type FlagUrls,
	REMOTE_TEMPLATE,
	templateLayout,
} from '../../targets/flag-urls.ts';
import { splitUserInfo } from '../../targets/url.ts';
import { CannotRunError, UsageError } from '../../util/errors.ts';
import { explainInput, suggest } from '../../util/suggest.ts';
import { quoteUrl } from '../../util/text.ts';
import { withOptionName } from '../options/option.ts';
import type { GetFlags } from './options.ts';

/** Names of the bundled server; each in lower case is its scenario. */
export const BUNDLED_SERVERS: readonly string[] = ['LOCAL', 'DELAY', 'ERROR'];

/**
 * Reads `--server`, `--template`, `--scenario`, `--seed` and `--tls`.
 *
 * @throws {UsageError} If they contradict each other, or one is invalid.
 */
export async function openOrigin(flags: GetFlags, cwd: string): Promise<FlagOrigin> {
	const { server = 'LOCAL', template, scenario, tls = false } = flags;
	if (template !== undefined && flags.server !== undefined) {
		throw new UsageError('--template and --server contradict each other; give one of them');
	}

	const label = server.toUpperCase();
	const bundled = template === undefined && BUNDLED_SERVERS.includes(label);
	if (scenario !== undefined && !(bundled && label === 'LOCAL')) {
		throw new UsageError(
			`--scenario is for the bundled server, not for ${quoteUrl(template ?? server)}; drop one of them`,
		);
	}
	if (bundled) {
		return await bundledOrigin(scenario ?? label.toLowerCase(), flags.seed, tls, cwd);
	}
	if (tls) {
		throw new UsageError(
			`--tls is for the bundled server, not for ${quoteUrl(template ?? server)}, whose URL has its scheme; drop it`,
		);
	}

	if (template !== undefined || label === 'REMOTE') {
		const urls = withOptionName('--template', () => templateLayout(template ?? REMOTE_TEMPLATE));
		return fixed(urls, splitUserInfo(template ?? REMOTE_TEMPLATE).url);
	}
	const layout = withOptionName('--server', () => serverLayout(server));
	return fixed(layout, layout.base);
}

function serverLayout(server: string): FlagUrls & { readonly base: string } {
	if (!server.includes('://')) {
		const meant = suggest(server, [...BUNDLED_SERVERS, 'REMOTE']);
		const allowed = 'LOCAL, DELAY, ERROR, REMOTE, or a URL such as http://127.0.0.1:8000/flags';
		throw new UsageError(explainInput(quoteUrl(server), allowed, meant));
	}
	return bookLayout(server);
}

function fixed(urls: FlagUrls, base: string): FlagOrigin {
	return {
		preview: urls,
		start() {},
		ready: async () => ({ urls, base }),
		async stop() {},
	};
}

/**
 * The bundled server, in a thread of its own; started on demand.
 *
 * @param nameOrFile - Of the scenario.
 * @throws {UsageError} If the scenario does not exist, is invalid, or needs HTTPS without `--tls`.
 */
async function bundledOrigin(
	nameOrFile: string,
	seed: number | undefined,
	tls: boolean,
	cwd: string,
): Promise<FlagOrigin> {
	const { scenario } = await loadByNameOrFile(nameOrFile, cwd);
	if (!tls && scenario.tls !== undefined) {
		throw new UsageError(`the scenario ${scenario.name} is for a server of HTTPS; give --tls`);
	}
	let starting: ReturnType<typeof startThread> | undefined;

	async function startThread() {
		const [{ startServerInThread }, identity] = await Promise.all([
			import('../../server/start-in-thread.ts'),
			tls ? makeIdentity(scenario.tls?.certificate) : undefined,
		]);
		const server = await startServerInThread({
			scenario,
			...(seed !== undefined && { seed }),
			...(identity !== undefined && { tls: identity }),
		});
		return { server, ca: identity?.ca };
	}
	async function start() {
		starting ??= startThread();
		return await starting;
	}

	return {
		// Port 0 stands for the port that the kernel will assign.
		preview: bookLayout(`${tls ? 'https' : 'http'}://127.0.0.1:0`),
		scenario,
		start() {
			// `ready` reports a failure to its callers.
			start().catch(() => {});
		},
		async ready() {
			try {
				const { server, ca } = await start();
				const layout = bookLayout(server.url);
				return { urls: layout, base: layout.base, ca };
			} catch (error) {
				if (error instanceof CannotRunError) {
					throw error;
				}
				const { message } = error as Error;
				const reason = message.includes('EMFILE')
					? 'too few files can be open; raise the limit (ulimit -n)'
					: message;
				throw new CannotRunError(`the bundled server could not be started: ${reason}`, {
					cause: error,
				});
			}
		},
		async stop() {
			await (await starting?.catch(() => undefined))?.server.stop();
		},
	};
}

async function makeIdentity(
	fault: NonNullable<Scenario['tls']>['certificate'],
): Promise<Required<Identity>> {
	const certificates = await import('../../server/certificate.ts');
	return await certificates.makeIdentity('127.0.0.1', fault);
}

/** Loads the scenario parser only for a file. */
async function loadByNameOrFile(nameOrFile: string, cwd: string): Promise<LoadedScenario> {
	if (!isScenarioFile(nameOrFile)) {
		return loadBundledScenario(nameOrFile);
	}
	const { loadScenario } = await import('../../scenarios/load-scenario.ts');
	return loadScenario(nameOrFile, cwd);
}

/** The server that country codes are downloaded from. */
export interface FlagOrigin {
	/** URLs for validation, while the port of a bundled server is unknown. */
	readonly preview: FlagUrls;
	readonly scenario?: Scenario;
	/** Starts the bundled server, if any, without waiting for it. */
	start(): void;
	/** @throws {CannotRunError} If the bundled server cannot be started. */
	ready(): Promise<{
		readonly urls: FlagUrls;
		readonly base?: string;
		readonly ca?: string | undefined;
	}>;
	stop(): Promise<void>;
}
