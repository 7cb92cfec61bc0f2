/**
 * The `Basic` credentials of a user and password, as they are in a URL.
 *
 * @param userInfo - `user:password`, percent-encoded.
 * @returns `undefined` where both are empty.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617 | RFC 7617}
 */
export function basicAuthorization(userInfo: string): string | undefined {
	if (userInfo === ':') {
		return undefined;
	}
	const [user = '', password = ''] = userInfo.split(':', 2).map(decode);
	return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function decode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		// A lone `%` stands for itself.
		return text;
	}
}
