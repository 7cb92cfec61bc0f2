import type { IncomingMessage } from 'node:http';

/** Alternating names and values, in received order and case. */
export type Fields = string[];

/** Hop-by-hop fields, whether or not `Connection` lists them. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
	'connection',
	'proxy-connection',
	'keep-alive',
	'te',
	'transfer-encoding',
	'upgrade',
	'proxy-authenticate',
	'proxy-authorization',
]);

/**
 * The fields to forward.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 | RFC 9110, section 7.6.1}
 */
export function endToEnd({ rawHeaders, headers }: IncomingMessage): Fields {
	const listed = (headers.connection ?? '').toLowerCase().split(',');
	const excluded = new Set(listed.map((name) => name.trim()));
	// It frames the message: dropping it on request would allow request smuggling.
	excluded.delete('content-length');
	return filterFields(rawHeaders, (name) => !HOP_BY_HOP.has(name) && !excluded.has(name));
}

/** The fields sent to the service: `Expect` was answered here, and `Host` is replaced by its own. */
export function requestFields(request: IncomingMessage, host: string): Fields {
	const fields = filterFields(
		endToEnd(request),
		(name) => name !== 'expect' && name !== 'x-flagdl-run',
	);
	const hostAt = fields.findIndex((_, index) => isNameOf(fields, index, 'host'));
	if (hostAt === -1) {
		fields.unshift('Host', host);
	} else {
		fields[hostAt + 1] = host;
	}
	fields.push('Via', `${request.httpVersion} flagdl`);
	const { upgrade, 'transfer-encoding': coding, 'content-length': length } = request.headers;
	if (isUpgrade(request)) {
		fields.push('Connection', 'Upgrade', 'Upgrade', upgrade ?? '');
	} else if (coding !== undefined) {
		fields.push('Transfer-Encoding', 'chunked');
	} else if (length === undefined && !BODILESS.has(request.method ?? '')) {
		fields.push('Content-Length', '0');
	}
	return fields;
}

const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

export function isUpgrade({ headers }: IncomingMessage): boolean {
	return headers.upgrade !== undefined && /\bupgrade\b/i.test(headers.connection ?? '');
}

export function filterFields(fields: readonly string[], keep: (name: string) => boolean): Fields {
	return fields.filter((_, index) => keep((fields[index - (index % 2)] ?? '').toLowerCase()));
}

/** Makes redirects of the service to its own origin relative, so that they do not bypass this server. */
export function withRelativeLocation(fields: Fields, origin: string): Fields {
	return fields.map((value, index) => {
		const isLocation = isNameOf(fields, index - 1, 'location');
		return isLocation && value.startsWith(`${origin}/`) ? value.slice(origin.length) : value;
	});
}

function isNameOf(fields: Fields, index: number, name: string): boolean {
	return index % 2 === 0 && fields[index]?.toLowerCase() === name;
}

/** A request with more than one `Host` is malformed (RFC 9112, section 3.2): the service may read another one. */
export function hasOneHost({ rawHeaders }: IncomingMessage): boolean {
	return rawHeaders.filter((_, index) => isNameOf(rawHeaders, index, 'host')).length <= 1;
}

export function unsupportedReason({ headers }: IncomingMessage): string | undefined {
	if (headers.trailer !== undefined) {
		return 'trailers are not forwarded';
	}
	const coding = headers['transfer-encoding'];
	return coding === undefined || coding.trim().toLowerCase() === 'chunked'
		? undefined
		: 'transfer codings other than chunked are not forwarded';
}
