import { type Place, placeOf } from '../targets/place.ts';
import type { Target } from '../targets/target.ts';
import { basicAuthorization } from './basic-authorization.ts';
import { DownloadError } from './download-error.ts';

const REDIRECTS_MAX = 20;

export function isRedirect(status: number): boolean {
	return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** Follows redirects from one URL; one for each try, so that each try starts afresh. */
export class RedirectChain {
	readonly #target: Target;
	readonly #first: Place;
	readonly #seen = new Set<string>();
	/** Values of `Authorization` by origin, of redirects that bring a user and password. */
	readonly #authorizations = new Map<string, string>();

	constructor(target: Target, first: Place) {
		this.#target = target;
		this.#first = first;
		this.#seen.add(first.href);
	}

	/**
	 * @param location - Value of `Location`.
	 * @throws {DownloadError} `bad_redirect`, `redirect_loop`, `too_many_redirects`.
	 */
	next(from: Place, location: string | undefined): Place {
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
	isHome(to: Place): boolean {
		return to.origin === this.#first.origin;
	}

	/** What is to be sent to this origin: of the target's own URLs, or of the redirect to it. */
	authorizationFor(to: Place): string | undefined {
		return authorizationOf(this.#target, to) ?? this.#authorizations.get(to.origin);
	}

	#resolve(from: Place, location: string | undefined): Place {
		const reference = asUtf8(location ?? '');
		const to = URL.canParse(reference, from.href) ? new URL(reference, from.href) : undefined;
		if (location === undefined || to === undefined) {
			throw this.#error(
				'bad_redirect',
				location === undefined
					? 'a redirect to nowhere: no Location'
					: `a redirect to ${location.replace(/\/\/[^/?#]*@/, '//')}, which is no URL`,
			);
		}
		if (to.protocol !== 'http:' && to.protocol !== 'https:') {
			throw this.#error('bad_redirect', `a redirect to ${to.protocol} is not followed`);
		}
		this.#keepAuthorization(to);
		return placeOf(to);
	}

	/** Takes the user and password out of the URL, so that no report shows them. */
	#keepAuthorization(to: URL): void {
		const authorization = basicAuthorization(`${to.username}:${to.password}`);
		if (authorization === undefined) {
			return;
		}
		this.#authorizations.set(to.origin, authorization);
		to.username = '';
		to.password = '';
	}

	#error(code: string, message: string): DownloadError {
		return new DownloadError(this.#target, message, { code });
	}
}

/** Value of `Authorization` by the user and password of the target's own URLs. */
export function authorizationOf(target: Target, { origin }: Place): string | undefined {
	const given = target.credentials?.[origin];
	return given === undefined ? undefined : basicAuthorization(given);
}

/** Servers write paths in UTF-8 that should be percent-encoded; fields are read as Latin-1. */
function asUtf8(field: string): string {
	const text = Buffer.from(field, 'latin1').toString('utf8');
	return text.includes('\ufffd') ? field : text;
}
