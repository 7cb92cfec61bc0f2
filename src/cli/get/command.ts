import type { Command } from 'commander';
import { addOptions, type GivenOption, recordGiven } from '../options/option.ts';
import { type GetFlags, getOptions } from './options.ts';

const EXAMPLES = `
Examples:
  flagdl                        the 20 most populous, from the bundled server
  flagdl br cn in               these three
  flagdl b -v                   all that begin with B, a line for each
  flagdl -a -s REMOTE -d flags  all 249, from flagcdn.com
  flagdl -i list.txt --report report.html --failed-file failed.txt
  flagdl -i failed.txt          once more, only what is missing
  flagdl -i list.txt --checksums SHA256SUMS
  flagdl https://example.org/a.gif -o '{host}/{path}'
  flagdl find island --codes | flagdl get -i -
  flagdl -a -s ERROR --strategy threads -c 32 --json | jq .
  flagdl -i list.txt --strategy queue --redis redis://redis.example --run-id tue

A list has one target per line: a code or a URL; a TAB adds a destination, a
second TAB a SHA-256. # starts a comment. A line may also be {"url": …,
"dest": …, "sha256": …, "sha512": …, "integrity": …, "mirrors": […],
"headers": {…}}. A first line url,dest,… names the columns of CSV or TSV. See
docs/lists.md.

Exit codes: 0 every file is there, 1 some are missing, 2 usage, 4 could not run,
129, 130 and 143 interrupted.
To keep it running after the terminal closes, use nohup or setsid.`;

/** Applied after parsing: as option defaults they would appear in help. */
const NOT_REPEATED = { input: [], mirror: [], report: [], header: {} };

export function addGetCommand(
	program: Command,
	io: { readonly cwd: string },
	run: (codes: readonly string[], flags: GetFlags, given: readonly GivenOption[]) => Promise<void>,
): void {
	const command = program
		.command('get', { isDefault: true })
		.summary('download flags, or the files of a list (the default command)')
		.description('Download many small files at once: flags by country code, or any list of URLs.')
		.argument(
			'[codes...]',
			'ISO 3166-1 codes (br), letters (b: all that begin with B), URLs; none: the 20 most populous',
		)
		.addHelpText('after', EXAMPLES);
	addOptions(command, getOptions());
	const given = recordGiven(command);
	command.action(async (codes: string[], flags: GetFlags) => {
		if (flags.config !== undefined) {
			const { applyConfig } = await import('../options/config.ts');
			applyConfig(command, flags.config, io.cwd);
		}
		await run(codes, { ...NOT_REPEATED, ...command.opts<GetFlags>() }, given);
	});
}
