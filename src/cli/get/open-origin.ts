import {
	bookLayout,
	type FlagUrls,
	REMOTE_TEMPLATE,
	templateLayout,
} from '../../targets/flag-urls.ts';
import { splitUserInfo } from '../../targets/url.ts';
import { UsageError } from '../../util/errors.ts';
import { quoteUrl } from '../../util/text.ts';
import type { GetFlags } from '../get-flags.ts';
import { bundledOrigin } from './bundled-origin.ts';
import type { FlagOrigin } from './flag-origin.ts';
import { named } from './named.ts';

/** The bundled scenario behind each name of a bundled server. */
const BUNDLED: Readonly<Record<string, string>> = {
	LOCAL: 'local',
	DELAY: 'delay',
	ERROR: 'error',
};

/**
 * Reads `--server`, `--template`, `--scenario` and `--seed`.
 *
 * @throws {UsageError} When they contradict each other, or one is not what it should be.
 */
export async function openOrigin(flags: GetFlags, cwd: string): Promise<FlagOrigin> {
	const { server = 'LOCAL', template, scenario } = flags;
	if (template !== undefined && flags.server !== undefined) {
		throw new UsageError('--template and --server contradict each other; give one of them');
	}

	const label = server.toUpperCase();
	const bundled = template === undefined && Object.hasOwn(BUNDLED, label);
	if (scenario !== undefined && !(bundled && label === 'LOCAL')) {
		throw new UsageError(
			`--scenario is for the bundled server, not for ${quoteUrl(template ?? server)}; drop one of them`,
		);
	}
	if (bundled) {
		return await bundledOrigin(scenario ?? BUNDLED[label] ?? '', flags.seed, cwd);
	}

	if (template !== undefined || label === 'REMOTE') {
		const urls = named('--template', () => templateLayout(template ?? REMOTE_TEMPLATE));
		return fixed(urls, splitUserInfo(template ?? REMOTE_TEMPLATE).url);
	}
	const layout = named('--server', () => serverLayout(server));
	return fixed(layout, layout.base);
}

function serverLayout(server: string): FlagUrls & { readonly base: string } {
	if (!server.includes('://')) {
		throw new UsageError(
			`found ${quoteUrl(server)}; allowed: LOCAL, DELAY, ERROR, REMOTE, or a URL such as http://127.0.0.1:8000/flags`,
		);
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
