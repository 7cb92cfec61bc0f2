import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FOREIGN, INSTEAD } from '../../../src/cli/options/foreign.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { it as itInFolder } from '../../helpers/fixtures.ts';
import { flagdl } from '../../helpers/flagdl.ts';

const never = new AbortController().signal;
const stream = Object.assign(new PassThrough(), { columns: 80 });
const streams = { stdin: stream, stdout: stream, stderr: stream };
const io = { argv: ['help'], env: {}, cwd: '/', ...streams, interrupted: never };
const program = createProgram({ ...io, flush: async () => {} }, () => {});
const options = program.commands.find((command) => command.name() === 'get')?.options ?? [];

describe('what stands for options of curl, wget2 and aria2', () => {
	it('is said of none that get has itself, and once of each', () => {
		const own = options.flatMap(({ short, long }) => [short, long]);
		expect(Object.values(FOREIGN).join(' ').split(' ')).toHaveLength(INSTEAD.size);

		expect([...INSTEAD.keys()].filter((name) => own.includes(name))).toEqual([]);
	});

	it('names only options that get has', () => {
		const own = new Set(options.flatMap(({ short, long }) => [short, long]));
		const named = [...INSTEAD.values()].flatMap((text) => text.match(/(?<!\w)--?[a-z-]+/gi) ?? []);

		expect(named.filter((name) => !own.has(name))).toEqual([]);
	});

	itInFolder.for<[option: string, message: string]>([
		['-fsSL', '-f is not an option: a response of 400 or above is always a failure'],
		['--data=a', '--data is not an option: only GET requests are sent'],
		['--no-such', '--no-such is not an option'],
	])('is said of %s', async ([option, message], { folder }) => {
		const { code, stderr } = await flagdl([option, 'http://127.0.0.1:9/a'], folder);

		expect([code, stderr]).toEqual([2, `flagdl: ${message}\nSee flagdl get --help\n`]);
	});
});
