import { InvalidArgumentError } from 'commander';

/** What flagdl sets itself, or what would break the connection. */
const RESERVED = new Set([
	'accept-encoding',
	'connection',
	'content-length',
	'expect',
	'if-match',
	'if-modified-since',
	'if-none-match',
	'if-range',
	'if-unmodified-since',
	'keep-alive',
	'range',
	'te',
	'trailer',
	'transfer-encoding',
	'upgrade',
]);

export type Headers = Readonly<Record<string, string>>;

/**
 * Reads a header field such as `Authorization: Bearer …` and adds it to those before it; the last
 * of one name wins.
 *
 * @throws {InvalidArgumentError}
 */
export function parseHeader(text: string, others: Headers = {}): Headers {
	const [, name = '', value = ''] =
		/^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\u0020-\u007e\u0080-\u00ff]*)$/.exec(text) ?? [];
	if (name === '') {
		throw new InvalidArgumentError(
			"Allowed is a name, a colon and a value in Latin characters, such as 'Accept-Language: pt'.",
		);
	}
	if (RESERVED.has(name.toLowerCase())) {
		throw new InvalidArgumentError(`${name} is a field that flagdl sets itself.`);
	}
	return { ...others, [name.toLowerCase()]: value.trimEnd() };
}
