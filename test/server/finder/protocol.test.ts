import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Finder, startFinder } from '../../../src/server/finder/start-finder.ts';
import { connectToFinder } from './socket.ts';

let finder: Finder;

beforeEach(async () => {
	finder = await startFinder({ port: 0, host: '127.0.0.1' });
});

afterEach(() => finder.close());

describe('the line protocol', () => {
	it('prompts, answers with a line per match and a status line, and prompts again', async () => {
		const client = await connectToFinder(finder.port);
		expect(await client.until('?> ')).toBe('?> ');

		client.socket.write('são tomé\n');
		expect(await client.until("'\n?> ")).toBe(
			"?> ST\tSao Tome and Principe\tSão Tomé\n1 match for 'são tomé'\n?> ",
		);

		client.socket.end();
		await client.ended();
	});

	it('counts matches in words, and says when there is none', async () => {
		expect(await conversation('brazil\nisland\nqqq\n')).toMatch(
			/BR\tBrazil\tBrasília\n1 match for 'brazil'\n\?> AX\t.*\n18 matches for 'island'\n\?> No match for 'qqq'\n/su,
		);
	});

	it('asks again after an empty line, and after one of blanks', async () => {
		expect(await conversation('\n\r\n  \n')).toBe('?> ?> ?> ?> ');
	});

	it('gives an empty field where there is no capital', async () => {
		expect(await conversation('antarctica\n')).toContain('AQ\tAntarctica\t\n');
	});

	it('answers a client that closed its side after an unfinished line, and closes', async () => {
		expect(await conversation('brazil')).toBe("?> BR\tBrazil\tBrasília\n1 match for 'brazil'\n?> ");
	});

	it.each([
		['a control character', Buffer.from('\u0003'), /control characters.*U\+0003/],
		['invalid UTF-8', Buffer.from([0x62, 0xc3, 0x0a]), /valid UTF-8/],
		['a line over 1 KiB', Buffer.alloc(1025, 'a'), /at most 1024 bytes/],
		['100 MB without an end', Buffer.alloc(100_000_000, 'a'), /at most 1024 bytes/],
	])('closes with a reason at %s', async (_, bytes, reason) => {
		const client = await connectToFinder(finder.port);

		client.socket.write(bytes);

		const received = await client.ended();
		expect(received).toMatch(/^\?> Closing: .*\.\n$/);
		expect(received).toMatch(reason);
		client.socket.destroy();
	});

	it('answers what came before the fault', async () => {
		const client = await connectToFinder(finder.port);

		client.socket.write('brazil\n\u001b[A\nchina\n');

		const received = await client.ended();
		expect(received).toContain('BR\t');
		expect(received).toMatch(/Closing: .*U\+001B/);
		expect(received).not.toContain('CN\t');
		client.socket.destroy();
	});
});

async function conversation(lines: string): Promise<string> {
	const client = await connectToFinder(finder.port);
	client.socket.end(lines);
	return await client.ended();
}
