/** What the room needs of the process around it, which only src/cli knows. */
export interface Host {
	/** Path of Node and of `bin/flagdl.js`. */
	readonly node: string;
	readonly bin: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** Whether processes can be started as a group of their own and ended with it. */
	readonly hasGroups: boolean;
	/** Sends a signal to all that is left of a group; one that is gone is no error. */
	signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void;
	/** Processes of the group that have not ended. */
	countGroup(pid: number): number;
}
