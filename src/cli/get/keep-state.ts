import { StateFile } from '../../download/disk/state-file.ts';
import type { Reporter } from '../../events/run-event.ts';
import { CannotRunError } from '../../util/errors.ts';
import type { GetFlags } from '../get-flags.ts';

/**
 * `--if-exists update`: the state of the output directory; nothing is kept otherwise.
 *
 * @param bundledOrigin - Of the bundled server, if it is asked.
 */
export async function openState(
	{ ifExists }: GetFlags,
	outputDir: string,
	bundledOrigin: string | undefined,
): Promise<StateFile | undefined> {
	return ifExists === 'update' ? await StateFile.open(outputDir, bundledOrigin) : undefined;
}

/** Remembers what the server said of each file, for the next update. */
export function stateKeeper(state: StateFile): Reporter {
	return {
		on(event) {
			if (event.type === 'outcome') {
				state.record(event.outcome);
			}
		},
		async close() {
			try {
				await state.close();
			} catch (error) {
				const { message } = error as Error;
				throw new CannotRunError(`cannot remember what was downloaded: ${message}`, {
					cause: error,
				});
			}
		},
	};
}
