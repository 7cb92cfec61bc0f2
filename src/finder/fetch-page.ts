import type { Dispatcher } from 'undici';
import { FinderError, fromServer, unreachable } from './finder-error.ts';
import { type FoundCountry, isCountryCode } from './found-country.ts';

export interface Page {
	readonly countries: readonly FoundCountry[];
	/** Value of the `Link` header; empty where there is none. */
	readonly link: string;
}

// A page of 100 countries has some 20 kB.
const MAX_PAGE_BYTES = 1 << 20;

/**
 * @throws {FinderError} When the server is not reached, or its answer is not a page.
 * @throws The signal's reason, once it is aborted.
 */
export async function fetchPage(
	url: URL,
	dispatcher: Dispatcher,
	signal: AbortSignal,
): Promise<Page> {
	try {
		const { statusCode, headers, body } = await dispatcher.request({
			origin: url.origin,
			path: url.pathname + url.search,
			method: 'GET',
			signal,
			headers: { accept: 'application/json, application/problem+json' },
		});
		const content = parseJson(await readText(body));

		if (statusCode !== 200) {
			const detail = member(content, 'detail');
			const reason =
				typeof detail === 'string' ? `${statusCode}: ${fromServer(detail)}` : String(statusCode);
			throw new FinderError(`${url.href} answered ${reason}`);
		}
		return {
			countries: countriesOf(content, url),
			link: [headers['link'] ?? []].flat().join(', '),
		};
	} catch (error) {
		signal.throwIfAborted();
		throw error instanceof FinderError ? error : unreachable(url.href, error);
	}

	async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
		const chunks: Buffer[] = [];
		let bytes = 0;

		for await (const chunk of body) {
			bytes += (chunk as Buffer).length;
			if (bytes > MAX_PAGE_BYTES) {
				throw new FinderError(`${url.href} answered with more than ${MAX_PAGE_BYTES} bytes`);
			}
			chunks.push(chunk as Buffer);
		}
		return Buffer.concat(chunks).toString();
	}
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function countriesOf(content: unknown, url: URL): FoundCountry[] {
	const list = member(content, 'countries');
	if (!Array.isArray(list)) {
		throw new FinderError(`${url.href} did not answer with a page of countries`);
	}

	return list.map((item) => {
		const code = member(item, 'iso_cc');
		const name = member(item, 'country');
		const capital = member(item, 'capital');
		if (!isCountryCode(code) || typeof name !== 'string') {
			throw new FinderError(`${url.href} has a country without a name or a code of two letters`);
		}
		return { code, name, capital: typeof capital === 'string' ? capital : '' };
	});
}

function member(value: unknown, name: string): unknown {
	return typeof value === 'object' && value !== null && name in value
		? (value as Record<string, unknown>)[name]
		: undefined;
}
