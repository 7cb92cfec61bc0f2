import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { printFound } from '../../../src/cli/find/find.ts';
import type { FoundCountry } from '../../../src/finder/search.ts';

const interrupted = new AbortController().signal;
const BRAZIL = { code: 'BR', name: 'Brazil', capital: 'Brasília' };
const BOLIVIA = { code: 'BO', name: 'Bolivia', capital: 'Sucre' };

describe('printFound', () => {
	it('prints facts or codes, one country a line, and counts them', async () => {
		const facts = new PassThrough({ encoding: 'utf8' });
		const codes = new PassThrough({ encoding: 'utf8' });

		expect(
			await printFound(parts([BRAZIL], [], [BOLIVIA]), false, { stdout: facts, interrupted }),
		).toBe(2);
		expect(await printFound(parts([BRAZIL, BOLIVIA]), true, { stdout: codes, interrupted })).toBe(
			2,
		);

		expect(facts.read()).toBe('BR\tBrazil\tBrasília\nBO\tBolivia\tSucre\n');
		expect(codes.read()).toBe('BR\nBO\n');
	});

	it('prints each part before it asks for the next', async () => {
		const stdout = new PassThrough({ encoding: 'utf8' });
		const printed: unknown[] = [];
		async function* watched() {
			yield await Promise.resolve([BRAZIL]);
			printed.push(stdout.read());
			yield [BOLIVIA];
		}

		await printFound(watched(), true, { stdout, interrupted });
		expect(printed).toEqual(['BR\n']);
	});

	it('stops asking when its reader has left', async () => {
		let asked = 0;
		async function* endless() {
			for (;;) {
				asked += 1;
				yield await Promise.resolve([BRAZIL]);
			}
		}
		const stdout = new Writable({
			write: (_chunk, _encoding, done) =>
				done(asked < 3 ? null : Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
		});

		expect(await printFound(endless(), true, { stdout, interrupted })).toBe(3);
		expect(asked).toBe(3);
	});

	it('ends with the interrupt, though its reader does not read', async () => {
		const controller = new AbortController();
		const stdout = new Writable({
			write: () => {
				controller.abort(new Error('SIGINT'));
			},
		});

		await expect(
			printFound(parts([BRAZIL]), true, { stdout, interrupted: controller.signal }),
		).rejects.toThrow('SIGINT');
	});

	it('prints nothing that a terminal would obey', async () => {
		const stdout = new PassThrough({ encoding: 'utf8' });
		const hostile = { code: 'XX', name: 'a\u001b[2Jb\nc', capital: '\u202ed\te' };

		await printFound(parts([hostile]), false, { stdout, interrupted });
		expect(stdout.read()).toBe('XX\ta\u{FFFD}[2Jb\u{FFFD}c\t\u{FFFD}d\u{FFFD}e\n');
	});
});

async function* parts(...all: FoundCountry[][]) {
	for (const part of all) {
		yield await Promise.resolve(part);
	}
}
