import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FRAMES, spin, startThreadSpinner } from '../../src/reporters/spinner.ts';
import { deferred } from '../../src/util/promises.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const BUSY_MS = 2000;
const CLEAN = '\r\u001b[2K';

/** A file instead of a terminal, which keeps everything written. */
async function openFile() {
	const path = join(await temporaryFolder(), 'terminal');
	const fd = openSync(path, 'w');
	return { fd, written: () => readFileSync(path, 'utf8'), close: () => closeSync(fd) };
}

/** Blocks this thread, as a long computation does. */
function block(ms: number): void {
	const endMs = performance.now() + ms;
	while (performance.now() < endMs) {}
}

function frames(text: string): number {
	return Array.from(text).filter((character) => FRAMES.includes(character)).length;
}

describe('while the main thread is busy for two seconds', () => {
	it('the spinner of a thread turns', async () => {
		const terminal = await openFile();
		const spinner = await startThreadSpinner(terminal.fd, 'computing');

		block(BUSY_MS);
		const turned = frames(terminal.written());
		await spinner.stop();
		const afterwards = terminal.written();
		terminal.close();

		// 23 in two seconds; half of them suffices on a busy machine.
		expect(turned).toBeGreaterThanOrEqual(10);
		expect(afterwards).toContain('computing');
		expect(afterwards.endsWith(CLEAN)).toBe(true);
	});

	it('the spinner of a task does not, of course', async () => {
		let written = '';
		const stop = new AbortController();
		const turns = deferred<undefined>();
		const output = {
			write(text: string) {
				written += text;
				turns.resolve(undefined);
			},
		};
		const task = spin(output, 'computing', stop.signal);
		await turns.promise;

		const before = frames(written);
		block(BUSY_MS);
		expect(frames(written)).toBe(before);
		stop.abort();
		await task;
	});
});

it('leaves nothing behind where there was hardly anything to wait for', async () => {
	const terminal = await openFile();
	const spinner = await startThreadSpinner(terminal.fd, 'computing');

	await spinner.stop();

	expect(terminal.written()).toBe('');
	terminal.close();
});
