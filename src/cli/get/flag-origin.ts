import type { Scenario } from '../../scenarios/scenario.ts';
import type { FlagUrls } from '../../targets/flag-urls.ts';

/** Where country codes are fetched from. */
export interface FlagOrigin {
	/** Before a bundled server has its port: good to check with, not to fetch from. */
	readonly preview: FlagUrls;
	readonly scenario?: Scenario;
	/** Begins to start the server, where there is one to start, without waiting for it. */
	start(): void;
	/** @throws {CannotRunError} When the bundled server could not be started. */
	ready(): Promise<{ readonly urls: FlagUrls; readonly base?: string }>;
	stop(): Promise<void>;
}
