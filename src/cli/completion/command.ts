import { Argument, type Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';

const EXAMPLES = `
Examples:
  bash: echo 'source <(flagdl completion bash)' >> ~/.bashrc
  zsh:  flagdl completion zsh > "\${fpath[1]}/_flagdl"
  fish: flagdl completion fish > ~/.config/fish/completions/flagdl.fish

Options, their values and commands are completed; where a file is expected,
files are.`;

const SCRIPTS = {
	bash: async () => (await import('./bash.ts')).bashScript,
	zsh: async () => (await import('./zsh.ts')).zshScript,
	fish: async () => (await import('./fish.ts')).fishScript,
};

export function addCompletionCommand(
	program: Command,
	io: Io,
	done: (code: ExitCode) => void,
): void {
	program
		.command('completion')
		.summary('print a script that completes command lines in a shell')
		.description('Print a script that completes command lines of flagdl in a shell.')
		.addArgument(new Argument('<shell>', 'of the script').choices(Object.keys(SCRIPTS)))
		.addHelpText('after', EXAMPLES)
		.action(async (shell: keyof typeof SCRIPTS) => {
			const { grammarOf } = await import('./grammar.ts');
			const script = await SCRIPTS[shell]();
			io.stdout.write(script(grammarOf(program)));
			done(EXIT.ok);
		});
}
