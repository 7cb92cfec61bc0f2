/**
 * Ten characters for a name that nobody else should have; whoever makes the file refuses one that is
 * there. Not from `node:crypto`: nothing is kept secret, and loading it takes 3 to 10 ms.
 */
export function randomSuffix(): string {
	return Math.random().toString(36).slice(2, 12).padEnd(10, '0');
}
