import { UsageError } from '../util/errors.ts';
import { explainInput, suggestPlaceholder } from '../util/suggest.ts';
import { quoteUrl } from '../util/text.ts';
import { countryName } from './countries.ts';
import type { Credentials } from './target.ts';
import { httpUrl, type ParsedUrl, splitUserInfo, urlProblem } from './url.ts';

/** URL layout of a server of flags. */
export interface FlagUrls {
	/** @param code - In upper case. */
	urlOf(code: string): string;
	/** Absent if the layout has no metadata. */
	metadataUrlOf?(code: string): string;
	readonly credentials?: Credentials;
}

/** The template that the server name REMOTE stands for. */
export const REMOTE_TEMPLATE = 'https://flagcdn.com/w320/{cc}.png';

/**
 * The layout of *Fluent Python*: `<base>/br/br.gif` and `<base>/br/metadata.json`.
 *
 * @param server - Base URL, or the root of a server with its flags in `/flags`.
 * @throws {UsageError} If it is not an http or https URL, or has a query.
 */
export function bookLayout(server: string): FlagUrls & { readonly base: string } {
	const { url: bare, ...login } = splitUserInfo(server);
	const url = httpUrl(bare);
	if (url.search !== '') {
		throw new UsageError(
			explainInput(
				`a query in ${quoteUrl(server)}`,
				'a base such as http://127.0.0.1:8000/flags, or a --template',
			),
		);
	}

	const path = url.pathname.replace(/\/+$/, '');
	const base = url.origin + (path === '' ? '/flags' : path);
	return {
		...login,
		base,
		urlOf: (code) => `${base}/${code.toLowerCase()}/${code.toLowerCase()}.gif`,
		metadataUrlOf: (code) => `${base}/${code.toLowerCase()}/metadata.json`,
	};
}

const FIELDS: readonly string[] = ['cc', 'CC', 'name'];

/**
 * A URL that contains `{cc}`, `{CC}` or `{name}` (the country's name, percent-encoded).
 *
 * @throws {UsageError} If it has no placeholder or an unknown one, or does not form a URL.
 */
export function templateLayout(given: string): FlagUrls {
	const { url: template, ...login } = splitUserInfo(given);
	if (!/^https?:\/\//i.test(template)) {
		throw new UsageError(urlProblem(template));
	}
	httpUrl(template.replace(/\{[^{}]*\}/g, 'x'));
	// A fragment is not sent.
	const sent = template.replace(/#.*/s, '');
	const names = Array.from(sent.matchAll(/\{([^{}]*)\}/g), ([, name]) => name);
	const unknown = names.find((name) => !FIELDS.includes(name ?? ''));
	const meant = unknown === undefined ? undefined : suggestPlaceholder(unknown, FIELDS);
	if (names.length === 0 || unknown !== undefined) {
		throw new UsageError(
			explainInput(
				unknown === undefined ? `no placeholder in ${quoteUrl(template)}` : `{${unknown}}`,
				'{cc}, {CC}, {name}',
				meant,
			),
		);
	}

	const urlOf = (code: string) =>
		template
			.replaceAll('{cc}', code.toLowerCase())
			.replaceAll('{CC}', code)
			.replaceAll('{name}', () => encodeURIComponent(countryName(code)));
	httpUrl(urlOf('BR'));
	return { ...login, urlOf: (code) => httpUrl(urlOf(code)).href };
}

/** Alternative location of the same files. */
export interface Mirror {
	urlOfCode(code: string): string;
	urlOfUrl(place: ParsedUrl): string;
	readonly credentials?: Credentials;
}

/**
 * Parses a mirror: either a base URL, below which flags have the layout of the book and URLs keep their path
 * and query, or a template for flags.
 *
 * @throws {UsageError} If it is neither.
 */
export function parseMirror(given: string): Mirror {
	const { url: text, ...login } = splitUserInfo(given);
	if (text.includes('{')) {
		const template = templateLayout(text);
		return {
			...login,
			urlOfCode: (code) => template.urlOf(code),
			urlOfUrl: ({ href }) => {
				throw new UsageError(
					explainInput(
						`the URL ${quoteUrl(href)} with a mirror that is a template`,
						'codes, or a base as mirror',
					),
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
