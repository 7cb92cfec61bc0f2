import type { Target } from '../targets/target.ts';
import { DownloadError } from './download-error.ts';

const REDIRECTS_MAX = 20;

export function isRedirect(status: number): boolean {
	return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** Follows redirects from one URL; one for each try, so that each try starts afresh. */
export class RedirectChain {
	readonly #target: Target;
	readonly #first: URL;
	readonly #seen = new Set<string>();

	constructor(target: Target, first: URL) {
		this.#target = target;
		this.#first = first;
		this.#seen.add(first.href);
	}

	/**
	 * @param location - Value of `Location`.
	 * @throws {DownloadError} `bad_redirect`, `redirect_loop`, `too_many_redirects`.
	 */
	next(from: URL, location: string | undefined): URL {
		const to = this.#resolve(from, location);
		if (this.#seen.has(to.href)) {
			throw this.#error('redirect_loop', `${from.href} leads back to ${to.href}`);
		}
		if (this.#seen.size > REDIRECTS_MAX) {
			throw this.#error('too_many_redirects', `more than ${REDIRECTS_MAX} redirects`);
		}
		this.#seen.add(to.href);
		return to;
	}

	/** Whether credentials may be sent to this URL. */
	isHome(to: URL): boolean {
		return to.origin === this.#first.origin;
	}

	#resolve(from: URL, location: string | undefined): URL {
		const to = URL.canParse(location ?? '', from.href) ? new URL(location ?? '', from) : undefined;
		if (location === undefined || to === undefined) {
			throw this.#error('bad_redirect', `a redirect to ${location ?? 'nowhere: no Location'}`);
		}
		if (to.protocol !== 'http:' && to.protocol !== 'https:') {
			throw this.#error('bad_redirect', `a redirect to ${to.protocol} is not followed`);
		}
		to.hash = '';
		return to;
	}

	#error(code: string, message: string): DownloadError {
		return new DownloadError(this.#target, message, { code });
	}
}
