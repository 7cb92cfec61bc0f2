import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { FLAGDL, startProcess } from '../helpers/flagdl.ts';
import { CONTENT, ODD_ANSWERS, sendOddAnswer, sendSlowly } from './odd-answers.ts';
import { bytesOf, type RawOrigin, startRawOrigin } from './raw-origin.ts';

const ANSWERS = Object.entries(ODD_ANSWERS);
const GOOD = bytesOf(['HTTP/1.1 200 OK', `Content-Length: ${CONTENT.length}`], CONTENT);
const LIBRARY = resolve(import.meta.dirname, 'download-list.mjs');
const HELD_LOOP = resolve(import.meta.dirname, 'held-loop.cjs');
const STALL_TIME_MS = 1_000;
const ONE_LINE = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{3,300}$/u;

/** Serves each path that is a number with the odd response of that number, and all others with a good one. */
async function startOddOrigin(send: typeof sendSlowly = sendOddAnswer): Promise<RawOrigin> {
	return await startRawOrigin((socket, { path }) => {
		const [, answer] = ANSWERS[Number(path.slice(1))] ?? [];
		if (answer === undefined) {
			socket.write(GOOD);
		} else {
			send(socket, answer);
		}
	});
}

interface Failure {
	readonly code: string;
	readonly message: string;
	readonly causes: readonly string[];
}

type Program = 'command' | 'library';

interface Result {
	/** By path. */
	readonly failures: ReadonlyMap<string, Failure | undefined>;
	/** The longest time for which an event loop was blocked. */
	readonly heldMs: number;
}

/** Downloads each odd response, followed by a good one. */
async function run(
	folder: string,
	{ url }: RawOrigin,
	program: Program,
	strategy: string,
	stallTimeMs = STALL_TIME_MS,
): Promise<Result> {
	const lines = ANSWERS.flatMap((_, index) => [
		`${url}/${index}\todd/${index}`,
		`${url}/good-${index}\tgood/${index}`,
	]);
	await writeFile(join(folder, 'list'), lines.join('\n'));
	const [node, bin] = FLAGDL;
	const args =
		program === 'library'
			? [LIBRARY, 'list', 'downloads', strategy]
			: [
					...[bin, '-i', 'list', '--strategy', strategy, '--threads', '2', '--retry', '0'],
					...['--stall-time', `${stallTimeMs}ms`, '--json'],
				];
	const held = join(folder, 'held');
	const env = { HELD_LOOP_FILE: held };
	const { stdout } = await startProcess(node, ['--require', HELD_LOOP, ...args], folder, { env })
		.ended;

	const told = stdout
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line) as { type: string; url: string; error?: Failure })
		.filter(({ type }) => type === 'outcome');
	const numbers = (await readFile(held, 'utf8')).trim().split('\n').map(Number);
	return {
		failures: new Map(told.map((one) => [new URL(one.url).pathname.slice(1), one.error])),
		heldMs: Math.max(...numbers),
	};
}

function codesOf({ failures }: Result): string[] {
	return ANSWERS.map(([name], index) => `${name}: ${failures.get(String(index))?.code ?? 'ok'}`);
}

describe.each<[Program, string]>([
	['command', 'async'],
	['command', 'threads'],
	['command', 'sequential'],
	['library', 'async'],
])('the %s, strategy %s', (program, strategy) => {
	it(`takes ${ANSWERS.length} odd answers for what they are, and none holds up the others`, async ({
		folder,
	}) => {
		const result = await run(folder, await startOddOrigin(), program, strategy);

		expect(codesOf(result)).toEqual(ANSWERS.map(([name, { code }]) => `${name}: ${code}`));
		for (const [index, [, { code, content = CONTENT }]] of ANSWERS.entries()) {
			expect(await readFile(join(folder, 'downloads/good', String(index)))).toEqual(CONTENT);
			if (code === 'ok') {
				expect(await readFile(join(folder, 'downloads/odd', String(index)))).toEqual(content);
			}
		}
		for (const failure of result.failures.values()) {
			for (const text of [failure?.message ?? 'none', ...(failure?.causes ?? [])]) {
				expect(text).toMatch(ONE_LINE);
			}
		}
		// A loop that is blocked for longer would make other transfers stall.
		expect(result.heldMs).toBeLessThan(STALL_TIME_MS);
	});
});

it('takes them for the same if they arrive byte by byte', async ({ folder }) => {
	// The second of two responses arrives while the next request uses the connection: it cannot be told apart.
	const send: typeof sendSlowly = (socket, answer) =>
		(answer === ODD_ANSWERS['two answers to one request'] ? sendOddAnswer : sendSlowly)(
			socket,
			answer,
		);
	// Sixteen heads of 2,000 packets each take more than a second on a busy machine.
	const stallTimeMs = 4 * STALL_TIME_MS;
	const result = await run(folder, await startOddOrigin(send), 'command', 'async', stallTimeMs);

	expect(codesOf(result)).toEqual(ANSWERS.map(([name, { code }]) => `${name}: ${code}`));
});
