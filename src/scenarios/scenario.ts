import type * as v from 'valibot';
import type { action, bodyPhase, latency, phase } from '../schema/action.ts';
import type { rule, scenarioDocument } from '../schema/scenario.ts';
import type { DeepReadonly } from '../util/members.ts';

type Output<Schema extends v.GenericSchema> = DeepReadonly<v.InferOutput<Schema>>;

/**
 * How the mock server behaves, units resolved. Plain data: it crosses threads.
 *
 * Rules are in file order: the first that claims an attempt decides its fault.
 */
export type Scenario = Output<typeof scenarioDocument> & { readonly name: string };

/** Time from request to headers. */
export type Latency = Output<typeof latency>;

/** Limits that apply regardless of rules. All but bandwidth depend on order or time. */
export type Limits = Scenario['limits'];

/** A sliding window: at most `requests` are allowed within any `windowMs`. */
export type RateLimit = NonNullable<Limits['rate']>;

export type Rule = Output<typeof rule>;

/** If both members are present, both must match. */
export type Match = NonNullable<Rule['match']>;

/** `probability` of each attempt; or `exactly` that number of matching flags, those with the lowest hashes. */
export type Selection = NonNullable<Rule['select']>;

/** Attempt numbers, counted from 1 for each run and path; open-ended without `to`. */
export type AttemptRange = Rule['attempts'];

/** A point in a response. */
export type Phase = Output<typeof phase>;

/** A point within the body, never after all of it. */
export type BodyPhase = Output<typeof bodyPhase>;

export type Action = Output<typeof action>;

/** Slows an attempt down without claiming it. */
export type Modifier = Extract<Action, { type: 'delay' | 'bandwidth' }>;

/** Claims an attempt. `digest: false` withholds the `Repr-Digest` that would reveal the fault. */
export type Fault = Exclude<Action, Modifier>;

export type RetryAfter = NonNullable<Extract<Fault, { type: 'status' }>['retryAfter']>;
export type Framing = Extract<Fault, { type: 'truncate' }>['framing'];
export type Malformation = Extract<Fault, { type: 'malformed' }>['what'];
export type Substitute = Extract<Fault, { type: 'substitute' }>['with'];

/** What a correct client must end with; `flagdl scenario check` compares it with the plan. */
export type Expectation = NonNullable<Scenario['expect']>;
