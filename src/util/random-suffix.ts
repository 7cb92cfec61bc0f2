/**
 * Ten characters for a name that no other process should choose; a file is only created if it is not
 * there. Not from `node:crypto`: nothing is kept secret, and loading it takes 3 to 10 ms.
 */
export function randomSuffix(): string {
	return Math.random().toString(36).slice(2, 12).padEnd(10, '0');
}
