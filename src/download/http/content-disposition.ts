/** A parameter: RFC 6266, section 4.1. */
const PARAMETER = /;\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*("(?:[^"\\]|\\[\s\S])*"|[^;]*)/g;

/**
 * The name that a server gives its content, whatever the disposition is: the parameter `filename*` (RFC 8187)
 * before `filename`.
 *
 * @param field - Value of `Content-Disposition`, read as Latin-1.
 * @returns Text from outside: a path, a device, anything. Undefined if it has no name.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6266 | RFC 6266}
 */
export function parseFileName(field: string | undefined): string | undefined {
	let plain: string | undefined;
	let extended: string | undefined;
	for (const [, name = '', value = ''] of (field ?? '').matchAll(PARAMETER)) {
		switch (name.toLowerCase()) {
			case 'filename':
				plain ??= decodePlain(value.trim());
				break;
			case 'filename*':
				extended ??= decodeExtended(value.trim());
				break;
		}
	}
	return extended ?? plain;
}

/** Servers write UTF-8 here that should be in `filename*`. */
function decodePlain(value: string): string {
	const text = value.startsWith('"') ? value.slice(1, -1).replace(/\\([\s\S])/g, '$1') : value;
	const utf8 = Buffer.from(text, 'latin1').toString('utf8');
	return utf8.includes('\ufffd') ? text : utf8;
}

/** `UTF-8'en'na%C3%AFve`; ISO-8859-1 is what RFC 5987 had, too. */
function decodeExtended(value: string): string | undefined {
	const [, charset = '', encoded = ''] = /^"?([\w-]+)'[\w-]*'([^"]*)"?$/.exec(value) ?? [];
	try {
		switch (charset.toLowerCase()) {
			case 'utf-8':
				return decodeURIComponent(encoded);
			case 'iso-8859-1':
				return encoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
					String.fromCharCode(Number.parseInt(hex, 16)),
				);
			default:
				return undefined;
		}
	} catch {
		return undefined;
	}
}
