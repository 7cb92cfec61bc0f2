// A client whose behaviour the tests beside it check.
export async function fetchFlag(url, tries = 4) {
	for (let left = tries; left > 0; left -= 1) {
		try {
			const response = await fetch(url);
			const content = Buffer.from(await response.arrayBuffer());
			// A captive portal answers 200, too, with a page.
			if (response.ok && response.headers.get('content-type') === 'image/gif') {
				return content;
			}
			if (response.status === 404) {
				return undefined;
			}
		} catch {
			// Cut short, or reset: worth another try.
		}
	}
	return undefined;
}
