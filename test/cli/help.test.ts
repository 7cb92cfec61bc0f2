import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';

const never = new AbortController().signal;
const stream = new PassThrough();
const io = { argv: [], env: {}, cwd: '/', stdin: stream, stdout: stream, stderr: stream };
const program = createProgram({ ...io, interrupted: never, flush: async () => {} }, () => {});

describe.each(program.commands.map((command) => [command.name(), command] as const))(
	'the help of flagdl %s',
	(_, command) => {
		it('shows no default that is a thing of JavaScript', () => {
			expect(command.helpInformation()).not.toMatch(/default: (\[|\{\}|\{"|undefined|null)/);
		});

		it('says of each option what it does', () => {
			expect(command.options.filter(({ description }) => description === '')).toEqual([]);
		});
	},
);
