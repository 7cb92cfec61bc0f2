import { InvalidArgumentError } from 'commander';

const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
	'': 1,
	b: 1,
	k: 1024,
	m: 1024 ** 2,
	g: 1024 ** 3,
	kb: 1000,
	mb: 1000 ** 2,
	gb: 1000 ** 3,
	kib: 1024,
	mib: 1024 ** 2,
	gib: 1024 ** 3,
};

/**
 * Reads `500`, `64k` (of 1024 bytes, curl's habit), `1.5MB` (of 1000), `2MiB`; any case.
 *
 * @returns Bytes, at least 1.
 * @throws {InvalidArgumentError}
 */
export function parseSize(text: string): number {
	const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? [];
	const bytes = Math.round(Number(number) * (BYTES_PER_UNIT[unit.toLowerCase()] ?? Number.NaN));
	if (number === '' || !(bytes >= 1) || !Number.isSafeInteger(bytes)) {
		throw new InvalidArgumentError(
			'Allowed is a number of bytes, or with a unit such as 64k (1024), 1.5MB (1000), 2MiB (1024).',
		);
	}
	return bytes;
}
