import { describe, expect, it } from 'vitest';
import { DigestTable } from '../../src/targets/checksums.ts';
import { HashList, hashOf } from '../../src/targets/hash-set.ts';

const none = new HashList();

describe('HashList', () => {
	it('finds no repeat among 300,000 similar texts, and the two that there are', () => {
		const list = new HashList();
		for (let index = 0; index < 300_000; index += 1) {
			list.add(`/${index}.gif`);
		}
		expect(list.repeated(10, none)).toEqual({ hashes: new Set(), repeats: 0 });

		list.add('/7.gif');
		list.add('/7.gif');
		list.add('/299999.gif');
		expect(list.repeated(10, none)).toEqual({
			hashes: new Set([hashOf('/7.gif'), hashOf('/299999.gif')]),
			repeats: 3,
		});
		expect(list.repeated(1, none).hashes.size).toBe(1);

		const others = new HashList();
		others.add('/299998.gif');
		others.add('/300000.gif');
		expect(list.repeated(10, others).hashes).toContain(hashOf('/299998.gif'));
		expect(list.repeated(10, others).hashes.size).toBe(3);
	});
});

describe('DigestTable', () => {
	it('gives back what went in, over many growths', () => {
		const table = new DigestTable(32);
		const digest = (index: number) => index.toString(16).padStart(64, '0');
		for (let index = 0; index < 50_000; index += 1) {
			table.add(`${index}.gif`, digest(index));
		}

		for (let index = 0; index < 50_000; index += 1) {
			if (table.get(`${index}.gif`) !== digest(index)) {
				expect.fail(`${index}.gif has ${table.get(`${index}.gif`)}`);
			}
		}
		expect(table.get('50000.gif')).toBeUndefined();
	});

	it('has none for a name with two digests', () => {
		const table = new DigestTable(32);
		table.add('a', '0'.repeat(64));
		table.add('a', '0'.repeat(64));
		expect(table.get('a')).toBe('0'.repeat(64));

		table.add('a', '1'.repeat(64));
		expect(table.get('a')).toBeUndefined();
	});
});
