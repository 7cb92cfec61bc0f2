// Checked by `npm run typecheck`, never executed.
import { expectTypeOf } from 'vitest';
import {
	type BenchResult,
	bench,
	type DownloadResult,
	type DownloadSettings,
	download,
	type FlagServer,
	loadScenario,
	type Outcome,
	type Plan,
	parseScenario,
	plan,
	readList,
	type Scenario,
	startFlagServer,
	type TargetInput,
	type TargetInputs,
} from '../../src/index.ts';

const target = { url: 'http://127.0.0.1/x.gif', dest: 'x.gif' };

// An async iterator of outcomes, or a promise of all of them, from an array or an iterable.
expectTypeOf(download([target])).toExtend<AsyncGenerator<Outcome, void, undefined>>();
expectTypeOf(download([target])).resolves.toEqualTypeOf<DownloadResult>();
expectTypeOf(readList('list.txt')).toExtend<TargetInputs>();
expectTypeOf(download)
	.parameter(0)
	.toEqualTypeOf<
		Iterable<string | URL | TargetInput> | AsyncIterable<string | URL | TargetInput>
	>();
void download([target], { signal: AbortSignal.timeout(1000), strategy: 'threads', retries: 1 });
expectTypeOf<DownloadSettings['signal']>().toEqualTypeOf<AbortSignal | undefined>();

void download(['http://127.0.0.1/x.gif', { url: 'http://127.0.0.1/x.gif' }], { dir: 'x' });
// @ts-expect-error a target without a URL
void download([{ dest: 'x.gif' }]);
// @ts-expect-error no strategy of that name
void download([target], { strategy: 'fast' });
// @ts-expect-error an option of the command line, not of the library
void download([target], { outputDir: 'x' });

declare const outcome: Outcome;
expectTypeOf(outcome.status).toEqualTypeOf<
	'ok' | 'unchanged' | 'skipped' | 'not_found' | 'error' | 'cancelled'
>();
// @ts-expect-error a failure is only there where something failed
outcome.failure.code;
// @ts-expect-error outcomes are not for changing
outcome.status = 'ok';

expectTypeOf(parseScenario).returns.toEqualTypeOf<Scenario>();
expectTypeOf(loadScenario('flaky', '.').scenario).toEqualTypeOf<Scenario>();
expectTypeOf(plan).returns.toEqualTypeOf<Plan>();
expectTypeOf(startFlagServer).returns.resolves.toEqualTypeOf<FlagServer>();
expectTypeOf(bench).returns.resolves.toEqualTypeOf<BenchResult>();

// @ts-expect-error the plan supposes a number of retries
plan(parseScenario({ version: 1 }), ['br']);
void startFlagServer({ scenario: 'flaky' });
void startFlagServer({ scenario: { version: 1, rules: [] }, files: { '/a': 'content' } });
// @ts-expect-error a document has a version
void startFlagServer({ scenario: { rules: [] } });
// @ts-expect-error strategies by name
void bench({ strategies: 'async' });
