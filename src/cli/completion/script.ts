import type { Command } from 'commander';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { grammarOf } from './grammar.ts';
import { zshScript } from './zsh.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** @param program - With all its commands. */
export function completionScript(shell: keyof typeof SCRIPTS, program: Command): string {
	return SCRIPTS[shell](grammarOf(program));
}
