export type { Analysis } from './bench/analysis/analysis.ts';
export type { BoundBy } from './bench/analysis/bound-by.ts';
export type {
	CellAnalysis,
	MarkedRun,
	Percentile,
	TimeOfRuns,
} from './bench/analysis/cell-analysis.ts';
export type { Ideal, Limit } from './bench/analysis/ideal.ts';
export type { Judgement, Side } from './bench/analysis/judgements.ts';
export type { Recommendation } from './bench/analysis/recommendation.ts';
export type {
	Cell,
	Clock,
	Environment,
	Measured,
	Planned,
	Run,
	RunAttempt,
	RunStatus,
	ServerShare,
	WorkDone,
	WorkFile,
	WorkScenario,
} from './bench/results.ts';
export { DownloadError, type DownloadErrorOptions } from './download/errors.ts';
export type { Login, ProxyOptions, Rate, StoredCookie } from './download/options.ts';
export { DEFAULT_OPTIONS, type DownloadOptions, type IfExists } from './download/options.ts';
export type { Attempt, Failure, Outcome, OutcomeStatus } from './download/outcome.ts';
export type { Totals } from './events/run-event.ts';
export { type BenchResult, type BenchSettings, bench } from './library/bench.ts';
export {
	type Download,
	type DownloadProgress,
	type DownloadResult,
	type DownloadSettings,
	download,
} from './library/download.ts';
export {
	type Ended,
	type FlagServer,
	plan,
	type ScenarioDocument,
	type ScenarioGiven,
	startFlagServer,
	type TestServerOptions,
} from './library/flag-server.ts';
export { type ListSource, readList } from './library/read-list.ts';
export type { TargetInput, TargetInputs } from './library/targets.ts';
export { bundledScenarios, type LoadedScenario } from './scenarios/bundled.ts';
export { loadScenario, parseScenario, parseScenarioText } from './scenarios/load-scenario.ts';
export type {
	AttemptResult,
	Bounds,
	Dependence,
	Plan,
	PlannedAttempt,
	PlannedTarget,
	PlannedTime,
	PlannedTotals,
} from './scenarios/plan.ts';
export type { PlanOptions } from './scenarios/plan-run.ts';
export type {
	Action,
	AttemptRange,
	BodyPhase,
	Expectation,
	Fault,
	Framing,
	Latency,
	Limits,
	Malformation,
	Match,
	Modifier,
	Phase,
	RateLimit,
	RetryAfter,
	Rule,
	Scenario,
	Selection,
	Substitute,
} from './scenarios/scenario.ts';
export type { ServedFiles } from './scenarios/served-files.ts';
export type { FileTraits } from './scenarios/verdict.ts';
export type { Identity } from './server/certificate.ts';
export type { LogEntry, LogOutcome, LogSummary } from './server/request-log.ts';
export type { PairedRatio, RatioInterval } from './statistics/paired-ratio.ts';
export type { Outlier } from './statistics/percentile.ts';
export type { LocalStrategyName, StrategyName } from './strategies/names.ts';
export type { ContentDigests } from './targets/digests.ts';
export type { HeaderFields } from './targets/header-field.ts';
export type { Credentials, Naming, Target, Validators } from './targets/target.ts';
export type { RunJudgement, ThresholdVerdict, Verdict } from './thresholds/judge.ts';
export type { Labels } from './thresholds/metrics.ts';
