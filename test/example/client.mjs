// Somebody's own client, of which the tests beside it want to know how it behaves.
export async function fetchFlag(url, tries = 4) {
	for (let left = tries; ; left -= 1) {
		try {
			const response = await fetch(url);
			if (response.ok) {
				return Buffer.from(await response.arrayBuffer());
			}
			if (response.status < 500) {
				return undefined;
			}
		} catch (error) {
			if (left === 1) {
				throw error;
			}
		}
		if (left === 1) {
			return undefined;
		}
	}
}
