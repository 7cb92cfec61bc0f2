import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { COMMANDS, createProgram } from '../../src/cli/program.ts';

const never = new AbortController().signal;
const stream = Object.assign(new PassThrough(), { columns: 80 });
const streams = { stdin: stream, stdout: stream, stderr: stream };
/** With `help` as its argument, the program has all commands. */
const io = { argv: ['help'], env: {}, cwd: '/', ...streams };
const program = createProgram({ ...io, interrupted: never, flush: async () => {} }, () => {});

it('has the help of every command', () => {
	expect(program.commands.map((command) => command.name())).toEqual(COMMANDS);
});

describe.each(program.commands.map((command) => [command.name(), command] as const))(
	'the help of flagdl %s',
	(_, command) => {
		it('shows no default that is a thing of JavaScript', () => {
			expect(command.helpInformation()).not.toMatch(/default: (\[|\{\}|\{"|undefined|null)/);
		});

		it('says of each option what it does', () => {
			expect(command.options.filter(({ description }) => description === '')).toEqual([]);
		});

		it('fits into 80 columns, with its examples', () => {
			command.outputHelp();

			const lines = String(stream.read()).split('\n');
			expect(lines.length).toBeGreaterThan(5);
			expect(lines.filter((line) => line.length > 80)).toEqual([]);
		});
	},
);
