import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { addOptions } from '../options/option.ts';
import { type SmokeFlags, smokeOptions } from './options.ts';

const EXAMPLES = `
Examples:
  flagdl smoke      5 scenarios by 3 strategies
  flagdl smoke --scenario flaky --strategies async --junit out.xml
  flagdl smoke --client 'curl -fsSLZ --retry 3 --remote-name-all {urls}'
  flagdl smoke --client "python3 $PWD/my_client.py"
  flagdl smoke --server https://flags.example.org/flags br cn in
  flagdl smoke --scenario flaky --threshold 'plan.diff == 0'
  flagdl smoke --root dist --client "python3 $PWD/my_client.py"
  flagdl smoke --tls --client 'curl -fsSZ --retry 3 --remote-name-all {urls}'

A client is run by the shell in the folder it must save to, <cc>.gif for each
flag; files of --root as they lie in it, or without folders where no two have
one name. Its command line may have {urls}, {list} (a file with a URL a line),
{base} and {dir} in it, within quotes or not; its environment has FLAGDL_LIST,
FLAGDL_BASE_URL and FLAGDL_OUTPUT_DIR, with --tls also FLAGDL_CACERT and what
curl, Node, OpenSSL and Python look at for what to trust. Use these in a script
for another shell, as in 'sh -c "…"', which would take what it finds in a path
for commands.

Thresholds: metric{label: value}.stat op limit, as in failed == 0,
latency.p(95) < 250ms, requests{scenario: clean} <= 20. A file of them is
[{"expr": "failed == 0", "why": "…"}].

Exit codes: 0 all is as it should be, 3 a check or a threshold failed, 2 usage,
4 could not run, 129, 130 and 143 interrupted.
An inconclusive threshold is a warning.`;

/** Not defaults of the options: help would show them. */
const NOT_REPEATED = {
	scenario: [],
	client: [],
	input: [],
	threshold: [],
	thresholdFile: [],
	report: [],
};

export function addSmokeCommand(program: Command, io: Io, done: (code: ExitCode) => void): void {
	const command = program
		.command('smoke')
		.summary('test a downloader, or a server, in CI: serve, download, check')
		.description(
			'Test a downloader against a server whose faults are known in advance, or a server of your own.',
		)
		.argument(
			'[codes...]',
			'countries, or with --root files (default: 40, so that every rule is met)',
		)
		.addHelpText('after', EXAMPLES);
	addOptions(command, smokeOptions());
	command.action(async (codes: string[], flags: SmokeFlags) => {
		const { smoke } = await import('./smoke.ts');
		done(await smoke(codes, { ...NOT_REPEATED, ...flags }, io));
	});
}
