import type { TcpAddress } from '../../finder/find-over-tcp.ts';
import { urlProblem } from '../../targets/url.ts';
import { UsageError } from '../../util/errors.ts';
import { hasCutUserInfo } from '../../util/secrets.ts';
import { explainInput } from '../../util/suggest.ts';
import { codePointName, quoteUrl } from '../../util/text.ts';

/** What servers take in one query. */
const MAX_QUERY_BYTES = 1024;

/** @throws {UsageError} When the words are no query, by HTTP or TCP: the same for both. */
export function queryOf(words: readonly string[]): string {
	const query = words.join(' ').trim();
	if (query === '') {
		throw new UsageError(
			`<words>: ${explainInput('nothing but space', "the beginning of a country's name, capital or code")}`,
		);
	}

	const control = /\p{Cc}/u.exec(query)?.[0];
	if (control !== undefined) {
		const name = codePointName(control);
		throw new UsageError(
			`<words>: ${explainInput(`the control character ${name}`, 'letters, digits and punctuation')}`,
		);
	}

	const bytes = Buffer.byteLength(query);
	if (bytes > MAX_QUERY_BYTES) {
		throw new UsageError(
			`<words>: ${explainInput(`${bytes} bytes`, `${MAX_QUERY_BYTES} at most; use fewer words`)}`,
		);
	}
	return query;
}

/** @throws {UsageError} */
export function parseHttpServer(text: string): URL {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (/^https?:\/\//i.test(text) && (url === undefined || hasCutUserInfo(text))) {
		throw new UsageError(`--server: ${urlProblem(text)}`);
	}
	if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
		throw new UsageError(
			`--server: ${explainInput(quoteUrl(text), 'a URL such as http://127.0.0.1:8000; with --tcp host:port')}`,
		);
	}
	return url;
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Reads `host:port`, `[::1]:2323` or `tcp://host:port`. @throws {UsageError} */
export function parseTcpServer(text: string): TcpAddress {
	const written = SCHEME.test(text) ? text : `tcp://${text}`;
	const url = URL.canParse(written) ? new URL(written) : undefined;
	if (url?.protocol !== 'tcp:' || url.hostname === '' || !(Number(url.port) > 0)) {
		throw new UsageError(
			`--server: ${explainInput(quoteUrl(text), 'with --tcp host:port (1 to 65535) such as 127.0.0.1:2323, the --finder-port of flagdl serve; without it a URL')}`,
		);
	}
	return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
}
