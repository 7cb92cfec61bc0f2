import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { addOptions } from '../options/option.ts';
import { type ServeFlags, serveOptions } from './options.ts';

const EXAMPLES = `
Examples:
  flagdl serve                     flags, and a page to browse them
  flagdl serve --latency 250ms --error-rate 0.1
  flagdl serve --scenario flaky --log requests.ndjson
  flagdl serve --finder-port 2323  and then: nc 127.0.0.1 2323
  flagdl serve --scenario hostile -- npm test
  flagdl serve --root dist --scenario flaky -- npm test
  flagdl serve --upstream http://127.0.0.1:3000 --scenario mine.json
  flagdl serve --tls -- sh -c 'curl $FLAGDL_BASE_URL/br/br.gif -o br.gif'

A flag is at http://127.0.0.1:8000/flags/br/br.gif, the page at /. A command
after -- finds the address in $FLAGDL_BASE_URL. With --root the files of a
folder are under / instead, and the address is that of the folder. With
--upstream a service answers, of any kind, and the rules of the scenario come
between. With --tls it finds the file of the authority in $FLAGDL_CACERT, and
curl, Node and Python find it by themselves.

flagdl scenario plan flaky says what the faults of a scenario lead to.

A signal ends it when the requests that have arrived are answered, in 8 s at
most; a command gets the signal too, and is killed if it has not ended after
8 s. A second signal ends both at once.

Exit codes: 0 stopped by a signal, 2 usage, 4 could not start; with a command,
the command's own.`;

export function addServeCommand(program: Command, io: Io, done: (code: ExitCode) => void): void {
	const command = program
		.command('serve')
		.summary('run the mock flag server, with faults that are known in advance')
		.description('Run the mock flag server, with latency and faults that are known in advance.')
		.argument('[command...]', 'after --: run this with FLAGDL_BASE_URL set, then stop the server')
		.addHelpText('after', EXAMPLES);
	addOptions(command, serveOptions()).action(async (words: string[], flags: ServeFlags) => {
		const { serve } = await import('./serve.ts');
		// A command's own code may be any; commander only hands it through.
		done((await serve(words, flags, io)) as ExitCode);
	});
}
