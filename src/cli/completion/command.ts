import { Argument, type Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';

const EXAMPLES = `
Examples:
  bash: echo 'source <(flagdl completion bash)' >> ~/.bashrc
  zsh:  flagdl completion zsh > "\${fpath[1]}/_flagdl"
  fish: flagdl completion fish > ~/.config/fish/completions/flagdl.fish

Completes commands, options and their values, and file names where an option
takes a file.`;

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export function addCompletionCommand(
	program: Command,
	io: Io,
	done: (code: ExitCode) => void,
): void {
	program
		.command('completion')
		.summary('print a script that completes command lines in a shell')
		.description('Print a script that completes command lines of flagdl in a shell.')
		.addArgument(new Argument('<shell>', 'shell that will run the script').choices(SHELLS))
		.addHelpText('after', EXAMPLES)
		.action(async (shell: (typeof SHELLS)[number]) => {
			const { grammarOfProgram } = await import('./grammar.ts');
			const { bashScript, fishScript, zshScript } = await import('./scripts.ts');
			const script = { bash: bashScript, fish: fishScript, zsh: zshScript }[shell];
			io.stdout.write(script(grammarOfProgram(program)));
			done(EXIT.ok);
		});
}
