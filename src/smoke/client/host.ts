import type { Shell } from './command-line.ts';

/** What the room needs of the process around it, which only src/cli knows. */
export interface Host {
	/** Path of Node and of `bin/flagdl.js`. */
	readonly node: string;
	readonly bin: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly shell: Shell;
	/** Whether processes can be started as a group of their own and ended with it. */
	readonly hasGroups: boolean;
	/** Sends a signal to a group; one that is gone is no error. */
	signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void;
	/**
	 * Processes of the group that have not ended, and those that have left it but still carry the mark
	 * in their environment, where the system tells.
	 */
	survivors(pid: number, mark: string): readonly number[];
	/** Ends processes, by what `survivors` said of them. */
	kill(pids: readonly number[]): void;
}
