import { quoteUrl } from '../util/text.ts';
import { UsageError } from '../util/usage-error.ts';
import { bookLayout, templateLayout } from './flag-urls.ts';
import { httpUrl } from './http-url.ts';
import type { Place } from './place.ts';
import type { Credentials } from './target.ts';
import { splitUserInfo } from './user-info.ts';

/** Another place of the same files. */
export interface Mirror {
	urlOfCode(code: string): string;
	urlOfUrl(place: Place): string;
	readonly credentials?: Credentials;
}

/**
 * Reads a mirror: a base, below which flags have the layout of the book and URLs their own path
 * and query; or a template of flags.
 *
 * @throws {UsageError} When it is neither.
 */
export function parseMirror(given: string): Mirror {
	const { url: text, ...login } = splitUserInfo(given);
	if (text.includes('{')) {
		return {
			...login,
			urlOfCode: (code) => templateLayout(text).urlOf(code),
			urlOfUrl: ({ href }) => {
				throw new UsageError(
					`found the URL ${quoteUrl(href)} with a mirror that is a template; allowed: codes, or a base as mirror`,
				);
			},
		};
	}

	const { href } = httpUrl(text);
	const base = href.replace(/\/+$/, '');
	const flags = bookLayout(text);
	return {
		...login,
		urlOfCode: (code) => flags.urlOf(code),
		urlOfUrl: ({ path }) => base + path,
	};
}
