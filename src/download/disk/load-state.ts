import { LogRewrite } from './log-rewrite.ts';
import { isFileAt, SharedLog } from './shared-log.ts';
import { STATE_HEADER } from './state-entry.ts';
import { StateIndex, StateUnusable } from './state-index.ts';

const BATCH_BYTES = 64 * 1024;

/**
 * Loads the state of a folder, and compacts it if most of it is outdated.
 *
 * @returns Undefined if there is none.
 */
export async function loadState(path: string): Promise<StateIndex | StateUnusable | undefined> {
	try {
		const index = await StateIndex.load(path);
		if (index?.shouldBeRewritten !== true || !(await compact(path, index))) {
			return index;
		}
		await index.close();
		return await StateIndex.load(path);
	} catch (error) {
		return error instanceof StateUnusable
			? error
			: new StateUnusable((error as Error).message, false);
	}
}

/** Drops lines that later ones have replaced. @returns Whether it succeeded; failure is harmless. */
async function compact(path: string, index: StateIndex): Promise<boolean> {
	let rewritten: LogRewrite | undefined;
	try {
		rewritten = LogRewrite.begin(path);
		if (rewritten === undefined || !isFileAt(path, index.descriptor)) {
			rewritten?.abandon();
			return false;
		}
		rewritten.write(Buffer.from(`${STATE_HEADER}\n`));
		const endBytes = await copyLines(index, 0, (lines) => rewritten?.write(lines));
		rewritten.commit();
		rewritten = undefined;
		// Lines that other runs appended to the old file in the meantime.
		const log = new SharedLog(path, STATE_HEADER);
		try {
			await copyLines(index, endBytes, (lines) => log.append(lines));
		} finally {
			log.close();
		}
		return true;
	} catch {
		rewritten?.abandon();
		return false;
	}
}

async function copyLines(
	index: StateIndex,
	startBytes: number,
	write: (lines: Buffer) => void,
): Promise<number> {
	let lines = '';
	const endBytes = await index.forEachLine(startBytes, (line, offset) => {
		if (!index.isLatest(line, offset)) {
			return;
		}
		lines += `${line}\n`;
		if (lines.length >= BATCH_BYTES) {
			write(Buffer.from(lines, 'latin1'));
			lines = '';
		}
	});
	if (lines !== '') {
		write(Buffer.from(lines, 'latin1'));
	}
	return endBytes;
}
