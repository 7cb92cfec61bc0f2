import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';
import { answerGif, type HoldServer } from '../helpers/hold-server.ts';
import { startOnTerminal, type TerminalOptions } from '../helpers/pseudo-terminal.ts';

const BAR = /^ [█░]{30,40} {2}\d+\/\d+/;
const SHORT_BAR = /^ [█░]{5,20} {2}1\/3 {2}/;
const US = /^ {3}US {2}[2-9] s {2}no answer( for [2-9] s)?, until [\d:]{8}$/;
const ID = /^ {3}ID {2}[2-9] s {2}no answer( for [2-9] s)?, until [\d:]{8}$/;
const PAUSED = /^ {3}BR {2}[2-9] s {2}paused until \d\d:\d\d:\d\d \(Retry-After\)$/;
const ESCAPE = '\u001b';
const COLOUR = new RegExp(`${ESCAPE}\\[[0-9;]+m`);

/** Starts three flags, of which two are held. */
function start(
	server: HoldServer,
	folder: string,
	args: readonly string[] = [],
	options: TerminalOptions = {},
) {
	server.hold('/flags/us/us.gif', '/flags/id/id.gif');
	return startOnTerminal(['br', 'us', 'id', '-s', server.url, ...args], folder, options);
}

/** Refuses the first request with a `Retry-After` of three seconds. */
function refuseOnce(server: HoldServer): void {
	let refused = false;
	server.answer(undefined, (request: IncomingMessage, response: ServerResponse) => {
		if (refused) {
			answerGif(request, response);
		} else {
			refused = true;
			response.writeHead(503, { 'retry-after': '3' }).end();
		}
	});
}

describe.concurrent.each(['async', 'threads'])('what takes long, with %s,', (strategy) => {
	const by = ['--strategy', strategy];

	it('is below the bar with its reason, until it has come', async ({ server, folder }) => {
		const terminal = start(server, folder, by);
		await terminal.until((screen) => screen.some((line) => US.test(line)) && screen.length === 3);
		expect(terminal.screen()).toEqual([
			expect.stringMatching(BAR),
			...[US, ID].map((line) => expect.stringMatching(line) as unknown),
		]);

		server.release('/flags/us/us.gif');
		await terminal.until((screen) => screen.length === 2);
		expect(terminal.screen()).toEqual([
			expect.stringMatching(/^ [█░]+ {2}2\/3/),
			expect.stringMatching(ID),
		]);

		server.release();
		expect(await terminal.ended).toBe(0);
		expect(terminal.screen()).toEqual([expect.stringMatching(/^3 flags /)]);
	});

	it('says until when the origin has asked to be left alone', async ({ server, folder }) => {
		refuseOnce(server);
		const terminal = startOnTerminal(['br', '-s', server.url, ...by], folder);
		await terminal.until((screen) => screen.some((line) => PAUSED.test(line)));
		expect(terminal.screen()).toEqual([expect.stringMatching(BAR), expect.stringMatching(PAUSED)]);

		expect(await terminal.ended).toBe(0);
		expect(terminal.screen()).toEqual([expect.stringMatching(/^1 flag /)]);
	});
});

describe.concurrent('what takes long', () => {
	it('names three at most', async ({ server, folder }) => {
		server.hold();
		const terminal = startOnTerminal(['br', 'cn', 'in', 'us', 'id', '-s', server.url], folder);
		await terminal.until((screen) => screen.length > 3);

		expect(terminal.screen()).toHaveLength(4);
		server.release();
		expect(await terminal.ended).toBe(0);
	});

	it('is gone after Ctrl-C', async ({ server, folder }) => {
		const terminal = start(server, folder);
		await terminal.until((screen) => screen.some((line) => US.test(line)));
		terminal.type('\u0003');

		expect(await terminal.ended).toBe(130);
		expect(terminal.screen().join('\n')).not.toMatch(/no answer|[█░]/);
		expect(terminal.screen()).toContainEqual(
			expect.stringContaining('Saved 1 of 3 flags: 2 interrupted'),
		);
	});

	it('leaves nothing behind when the terminal becomes narrow, and wide again', async ({
		server,
		folder,
	}) => {
		const terminal = start(server, folder, [], { columns: 100 });
		await terminal.until((screen) => screen.some((line) => US.test(line)));

		terminal.resize(40);
		await terminal.until((screen) => screen.some((line) => SHORT_BAR.test(line)));
		expect(terminal.screen()).toEqual([
			expect.stringMatching(SHORT_BAR),
			...[US, ID].map((line) => expect.stringMatching(line) as unknown),
		]);

		terminal.resize(90);
		await terminal.until((screen) => screen.some((line) => BAR.test(line)));
		expect(terminal.screen()).toHaveLength(3);
		server.release();
		expect(await terminal.ended).toBe(0);
		expect(terminal.screen()).toEqual([expect.stringMatching(/^3 flags /)]);
	});

	it('has no colours where NO_COLOR is set', async ({ server, folder }) => {
		const terminal = start(server, folder, [], { env: { NO_COLOR: '1' } });
		await terminal.until((screen) => screen.some((line) => US.test(line)));
		server.release();
		await terminal.ended;

		expect(terminal.bytes()).not.toMatch(COLOUR);
	});

	it.for([[[]], [['--json']], [['--progress', 'bar']]] as const)(
		'is not told where there is no terminal: %j',
		async ([args], { server, folder }) => {
			refuseOnce(server);
			const { code, stdout, stderr } = await flagdl(['br', '-s', server.url, ...args], folder);

			expect(code).toBe(0);
			expect(stdout + stderr).not.toMatch(/paused|activity/);
			expect(stdout + stderr).not.toContain(ESCAPE);
		},
	);
});
