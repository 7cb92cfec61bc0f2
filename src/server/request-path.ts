/** Path and query of a request line, as they were sent: nothing is decoded or resolved. */
export interface RequestPath {
	readonly path: string;
	/** Without the question mark; empty where there is none. */
	readonly query: string;
}

// RFC 9112, section 3.2.2: a server must take the absolute form too, and this one serves any host.
const SCHEME_AND_AUTHORITY = /^https?:\/\/[^/?#]*/i;

export function parseRequestPath(target: string): RequestPath {
	const origin = target.startsWith('/') ? target : target.replace(SCHEME_AND_AUTHORITY, '');
	const mark = origin.indexOf('?');
	return mark === -1
		? { path: origin, query: '' }
		: { path: origin.slice(0, mark), query: origin.slice(mark + 1) };
}
