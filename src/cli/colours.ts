import { NO_PAINT, type Paint } from '../reporters/output.ts';
import type { Io, Terminal } from './io.ts';

/**
 * Whether to colour what goes to a stream: `FORCE_COLOR` decides, then `NO_COLOR`, then whether it
 * is a terminal that knows how. (chalk asks for `CI` and standard output, and not for `NO_COLOR`.)
 */
function wantsColour(stream: Terminal, env: Io['env']): boolean {
	const { FORCE_COLOR: force, NO_COLOR: no } = env;
	if (force !== undefined) {
		return force !== '0' && force !== 'false';
	}
	return (no === undefined || no === '') && stream.isTTY === true && env['TERM'] !== 'dumb';
}

/** Colours for a stream; chalk is loaded only where there are any. */
export async function paintFor(stream: Terminal, env: Io['env']): Promise<Paint> {
	if (!wantsColour(stream, env)) {
		return NO_PAINT;
	}

	const { Chalk } = await import('chalk');
	const chalk = new Chalk({ level: 1 });
	return { good: chalk.green, bad: chalk.red, dim: chalk.dim, strong: chalk.bold };
}
