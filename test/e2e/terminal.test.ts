import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import type { HoldServer } from '../helpers/hold-server.ts';
import { startOnTerminal, type TerminalOptions } from '../helpers/pseudo-terminal.ts';

const BAR = / [█░]+ {2}\d+\/\d+/;
const SPINNER = /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] reading the list$/;
const ESCAPE = '\u001b';
const SHOW_CURSOR = `${ESCAPE}[?25h`;
const HIDE_CURSOR = `${ESCAPE}[?25l`;
const COLOUR = new RegExp(`${ESCAPE}\\[[0-9;]+m`);

/** Starts five flags, of which one is not found and two are held. */
function start(
	server: HoldServer,
	folder: string,
	args: readonly string[] = [],
	options: TerminalOptions = {},
) {
	server.hold('/flags/us/us.gif', '/flags/id/id.gif');
	server.answer('/flags/cn/cn.gif', (_request, response) => response.writeHead(404).end());
	return startOnTerminal(
		['br', 'cn', 'in', 'us', 'id', '-s', server.url, ...args],
		folder,
		options,
	);
}

describe('on a terminal', () => {
	it('shows a bar while it downloads, and nothing of it afterwards', async ({ server, folder }) => {
		const terminal = start(server, folder);
		await terminal.until((screen) => screen.some((line) => line.includes('3/5  1 failed')));
		expect(terminal.screen()).toHaveLength(1);
		expect(terminal.screen()[0]).toMatch(BAR);

		server.release();

		expect(await terminal.ended).toBe(1);
		expect(terminal.screen().join('\n')).not.toMatch(/[█░]/);
		expect(terminal.screen().slice(0, 3)).toEqual([
			'Saved 4 of 5 flags: 1 not found',
			expect.stringMatching(/^168 B in .*, 5 requests, 0 retries$/),
			expect.stringMatching(/^slowest: [A-Z]{2} /),
		]);
		expect(terminal.screen().slice(3)).toEqual([
			expect.stringMatching(/^1 × 404 Not Found {2}CN {2}127\..*cn\.gif( {2}\(1 request, .*\))?$/),
		]);
		expect(terminal.bytes()).toMatch(COLOUR);
		expect(terminal.bytes().lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(
			terminal.bytes().lastIndexOf(HIDE_CURSOR),
		);
	});

	it('leaves one line when all went well', async ({ server, folder }) => {
		const terminal = startOnTerminal(['br', 'in', '-s', server.url], folder);

		expect(await terminal.ended).toBe(0);
		expect(terminal.screen()).toEqual([
			expect.stringMatching(/^2 flags \(84 B\) saved to downloads in .*, 1\.00 requests per flag$/),
		]);
	});

	it.for([80, 50, 30])(
		'keeps the bar within one line of %d columns',
		async (columns, { server, folder }) => {
			const terminal = start(server, folder, [], { columns });
			await terminal.until((screen) => screen.some((line) => line.includes('3/5')));

			expect(terminal.screen()).toHaveLength(1);
			server.release();
			await terminal.ended;
		},
	);

	it('stops at Ctrl-C, with a cursor and a summary', async ({ server, folder }) => {
		const terminal = start(server, folder);
		await terminal.until((screen) => screen.some((line) => line.includes('3/5')));
		terminal.type('\u0003');

		expect(await terminal.ended).toBe(130);
		expect(terminal.screen().join('\n')).not.toMatch(/[█░]/);
		expect(terminal.screen().join('\n')).toContain('flagdl: interrupted by SIGINT');
		expect(terminal.screen().join('\n')).toContain(
			'Saved 2 of 5 flags: 1 not found, 2 interrupted',
		);
		expect(terminal.bytes().lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(
			terminal.bytes().lastIndexOf(HIDE_CURSOR),
		);
	});

	it('gives the shell its cursor at Ctrl-Z, and draws on afterwards', async ({
		server,
		folder,
	}) => {
		const terminal = start(server, folder);
		await terminal.until((screen) => screen.some((line) => line.includes('3/5')));
		terminal.type('\u001a');
		// The terminal has no shell, so the system does not stop the process.
		await terminal.until(() => {
			const shownAt = terminal.bytes().indexOf('\u001b[?25h\u001b[?7h\u001b[J');
			const afterwards = terminal.bytes().slice(shownAt);
			return shownAt !== -1 && afterwards.includes(HIDE_CURSOR) && afterwards.includes('3/5');
		});
		terminal.type('\u0003');

		expect(await terminal.ended).toBe(130);
	});

	it('has a bar without colours where NO_COLOR is set', async ({ server, folder }) => {
		const terminal = start(server, folder, [], { env: { NO_COLOR: '1' } });
		await terminal.until((screen) => screen.some((line) => BAR.test(line)));
		server.release();
		await terminal.ended;

		expect(terminal.bytes()).not.toMatch(COLOUR);
	});

	it('has colours where FORCE_COLOR is set, whatever NO_COLOR says', async ({ server, folder }) => {
		const terminal = startOnTerminal(['br', '-s', server.url], folder, {
			env: { NO_COLOR: '1', FORCE_COLOR: '1' },
		});
		await terminal.ended;

		expect(terminal.bytes()).toMatch(COLOUR);
	});

	it.for([
		['TERM=dumb', [], { TERM: 'dumb' }],
		['--progress plain', ['--progress', 'plain'], { NO_COLOR: '1' }],
		['--progress none', ['--progress', 'none'], { NO_COLOR: '1' }],
	] as const)(
		'writes lines, and no escape code, with %s',
		async ([_, args, env], { server, folder }) => {
			const terminal = start(server, folder, args, { env });
			await terminal.until((screen) => screen.some((line) => line.startsWith('not found')));
			server.release();
			await terminal.ended;

			expect(terminal.bytes()).not.toContain(ESCAPE);
			expect(terminal.screen()[0]).toMatch(/^not found {8,}\d.* {2}CN {2}404 Not Found/);
		},
	);

	it('writes a line for each outcome above the bar with -v', async ({ server, folder }) => {
		const terminal = start(server, folder, ['-v']);
		const outcomesOn = (screen: readonly string[]) =>
			screen.filter((line) => /^(ok|not found) {2,}/.test(line)).length;
		await terminal.until((screen) => outcomesOn(screen) === 3 && BAR.test(screen.at(-1) ?? ''));
		expect(terminal.screen().filter((line) => BAR.test(line))).toHaveLength(1);
		server.release();
		await terminal.ended;

		expect(outcomesOn(terminal.screen())).toBe(5);
		expect(terminal.screen().join('\n')).not.toMatch(/[█░]/);
		const columnOfId = terminal
			.screen()
			.filter((line) => /^(ok|not found)/.test(line))
			.map((line) => line.search(/ [A-Z]{2} /));
		expect(new Set(columnOfId).size).toBe(1);
	});

	it('shows a spinner while it reads a list, and leaves a clean line', async ({
		server,
		folder,
	}) => {
		const list = join(folder, 'list');
		execFileSync('mkfifo', [list]);
		const terminal = startOnTerminal(['-i', list, '-s', server.url], folder);
		await terminal.until((screen) => screen.some((line) => SPINNER.test(line)));
		await writeFile(list, 'br\n');

		expect(await terminal.ended).toBe(0);
		expect(terminal.screen()).toEqual([expect.stringMatching(/^1 flag /)]);
	});

	it('says what it waits for when the list is to be typed', async ({ server, folder }) => {
		const terminal = startOnTerminal(['-i', '-', '-s', server.url], folder);
		await terminal.until((screen) => screen.includes('one code or URL a line, then Ctrl-D:'));
		terminal.type('br\n\u0004');

		expect(await terminal.ended).toBe(0);
		expect(terminal.screen().at(-1)).toMatch(/^1 flag /);
	});

	it('writes warnings above the bar', async ({ server, folder }) => {
		const terminal = start(server, folder, ['--insecure']);
		await terminal.until((screen) => screen.some((line) => line.includes('3/5')));

		expect(terminal.screen()[0]).toMatch(/^flagdl: certificates are not checked/);
		expect(terminal.screen().at(-1)).toMatch(BAR);
		server.release();
		await terminal.ended;
		expect(terminal.screen()[0]).toMatch(/^flagdl: certificates are not checked/);
		expect(terminal.screen().join('\n')).not.toMatch(/[█░]/);
	});
});
