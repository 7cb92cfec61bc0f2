import type { Upstream } from '../../server/upstream/open-upstream.ts';
import { UsageError } from '../../util/errors.ts';
import { explainInput } from '../../util/suggest.ts';

export const UPSTREAM_HELP = 'proxy this service, with faults in between';

interface UpstreamFlags {
	readonly upstream?: string;
	/** Milliseconds. */
	readonly upstreamTimeout: number;
	readonly root?: string;
}

/** @throws {UsageError} */
export function upstreamOf({
	upstream,
	upstreamTimeout,
	root,
}: UpstreamFlags): Upstream | undefined {
	if (upstream === undefined) {
		return undefined;
	}
	if (root !== undefined) {
		throw new UsageError('--root and --upstream contradict each other; give one of them');
	}
	return { url: parseUpstream(upstream), timeoutMs: upstreamTimeout };
}

/**
 * Reads `--upstream`.
 *
 * @returns Its origin.
 * @throws {UsageError} Without what was found: it may have a password.
 */
function parseUpstream(text: string): string {
	const allowed = 'an origin such as http://127.0.0.1:3000';
	if (!URL.canParse(text)) {
		throw new UsageError(`--upstream: ${explainInput('no URL', allowed)}`);
	}
	const url = new URL(text);
	if (url.protocol !== 'http:' && url.protocol !== 'https:') {
		throw new UsageError(
			`--upstream: ${explainInput(`the scheme ${url.protocol.slice(0, -1)}`, allowed)}`,
		);
	}
	if (url.username !== '' || url.password !== '') {
		throw new UsageError(
			`--upstream: ${explainInput('a name or password', `${allowed}; the client sends who it is`)}`,
		);
	}
	if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
		throw new UsageError(
			`--upstream: ${explainInput('more than an origin', `${allowed}; paths are handed on as they are`)}`,
		);
	}
	return url.origin;
}
