export interface Link {
	/** As written: a reference that may be relative. */
	readonly target: string;
	/** Relation types, lower case. */
	readonly rels: readonly string[];
	/** What the link starts from, where that is not the answer itself. */
	readonly anchor?: string;
}

const TARGET = /[\s,]*<([^>]*)>/y;
const NAME = /\s*;\s*([^\s=;,"<>]*)\s*/y;
const TOKEN = /=\s*([^\s;,"]*)/y;
const QUOTED = /=\s*"((?:[^"\\]|\\.)*)"/y;

/**
 * Reads the value of a `Link` header; several headers are one, joined by commas.
 *
 * Commas and semicolons in targets and quoted strings belong to these. Reading ends at the first
 * thing that is no link, with the links before it. Does not throw.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8288#appendix-B | RFC 8288, appendix B}
 */
export function parseLinkHeader(value: string): Link[] {
	const links: Link[] = [];
	let position = 0;

	for (let target = read(TARGET); target !== undefined; target = read(TARGET)) {
		const parameters = new Map<string, string>();
		for (let name = read(NAME); name !== undefined; name = read(NAME)) {
			const found = read(QUOTED)?.replace(/\\(.)/g, '$1') ?? read(TOKEN) ?? '';
			// Of parameters that are given twice, the first counts.
			if (!parameters.has(name.toLowerCase())) {
				parameters.set(name.toLowerCase(), found);
			}
		}

		const anchor = parameters.get('anchor');
		const rels = (parameters.get('rel') ?? '').toLowerCase().split(/\s+/);
		links.push({
			target,
			rels: rels.filter((rel) => rel !== ''),
			...(anchor !== undefined && { anchor }),
		});
	}

	return links;

	function read(pattern: RegExp): string | undefined {
		pattern.lastIndex = position;
		const match = pattern.exec(value);
		if (match === null) {
			return undefined;
		}
		position = pattern.lastIndex;
		return match[1];
	}
}

/** Where the page after `url` is; `undefined` where the server names none that is a URL. */
export function nextPage(linkHeader: string, url: URL): URL | undefined {
	const next = parseLinkHeader(linkHeader).find(
		({ rels, anchor }) => rels.includes('next') && anchor === undefined,
	);
	return next === undefined || !URL.canParse(next.target, url.href)
		? undefined
		: new URL(next.target, url);
}
