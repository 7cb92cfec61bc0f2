export type { ProxyOptions, Rate } from './download/options.ts';
export { DEFAULT_OPTIONS, type DownloadOptions, type IfExists } from './download/options.ts';
export type { Attempt, Failure, Outcome, OutcomeStatus } from './download/outcome.ts';
export { type DownloadSettings, download, type TargetInput } from './download-targets.ts';
export {
	type FlagServer,
	type FlagServerOptions,
	startFlagServer,
} from './server/start-flag-server.ts';
export type { StrategyName } from './strategies/index.ts';
export type { Naming, Target, Validators } from './targets/target.ts';
