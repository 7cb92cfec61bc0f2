import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { announce } from '../../src/cli/serve/announce.ts';
import { loadScenario } from '../../src/scenarios/load-scenario.ts';

it('tells people on a terminal what there is to see', async () => {
	const stdout = Object.assign(new PassThrough(), { isTTY: true });
	announce(
		{
			url: 'http://127.0.0.1:8000',
			pid: 1,
			scenario: loadScenario('flaky', '.').scenario,
			finderPort: 2323,
		},
		{ stdout } as unknown as Io,
	);
	stdout.end();

	expect(
		await text(stdout),
	).toBe(`Serving 249 flags on http://127.0.0.1:8000 (scenario flaky, seed 42)

  http://127.0.0.1:8000/                     browse and search
  http://127.0.0.1:8000/flags/br/br.gif      a flag
  http://127.0.0.1:8000/__flagdl/log         the last requests
  flagdl get -s http://127.0.0.1:8000/flags  download from it
  nc 127.0.0.1 2323                          search by lines

Ctrl-C stops it.
`);
});

it('tells people how to search at an IPv6 address, and to trust its certificate', async () => {
	const stdout = Object.assign(new PassThrough(), { isTTY: true });
	announce(
		{
			url: 'https://[::1]:8000',
			pid: 1,
			scenario: loadScenario('clean', '.').scenario,
			finderPort: 2323,
			caFile: '/a b/ca.pem',
		},
		{ stdout } as unknown as Io,
	);
	stdout.end();

	const shown = await text(stdout);
	expect(shown).toContain(
		"flagdl get -s https://[::1]:8000/flags --cacert '/a b/ca.pem'  download",
	);
	expect(shown).toContain('nc ::1 2323');
});
