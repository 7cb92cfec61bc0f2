import type { Action } from '../scenario.ts';
import { latency } from './latency.ts';
import {
	anObject,
	isObject,
	type Member,
	type Members,
	optional,
	required,
	type Values,
} from './object.ts';
import { bodyPhase, phase } from './phase.ts';
import { aBoolean, anInteger, oneOf, type Reader } from './reader.ts';
import { ScenarioError, show } from './scenario-error.ts';
import { bytesPerSecond, wholeSeconds } from './units.ts';

type ActionType = Action['type'];

const hops: Reader<number | 'endless'> = (value, pointer) =>
	typeof value === 'string' ? oneOf(['endless'])(value, pointer) : anInteger(1, 10)(value, pointer);

/** One reader for each type; a missing one does not compile. */
const READERS: { readonly [T in ActionType]: Reader<Action> } = {
	delay: action(
		{ type: named('delay'), time: required(latency), at: optional(phase) },
		({ type, time, at = 'before-headers' }) => ({ type, time, at }),
	),
	bandwidth: action({ type: named('bandwidth'), rate: required(bytesPerSecond) }, (found) => ({
		type: found.type,
		bytesPerSecond: found.rate,
	})),
	status: action(
		{
			type: named('status'),
			status: required(anInteger(400, 599)),
			retryAfter: optional(wholeSeconds),
			retryAfterForm: optional(oneOf(['seconds', 'date'])),
		},
		({ type, status, retryAfter: seconds, retryAfterForm: form = 'seconds' }) =>
			seconds === undefined ? { type, status } : { type, status, retryAfter: { seconds, form } },
	),
	reset: ending('reset'),
	close: ending('close'),
	stall: ending('stall'),
	truncate: action(
		{
			type: named('truncate'),
			at: optional(bodyPhase),
			framing: optional(oneOf(['content-length', 'chunked', 'close-delimited'])),
			digest: optional(aBoolean),
		},
		({ type, at = { fraction: 0.5 }, framing = 'content-length', digest = true }) => ({
			type,
			at,
			framing,
			digest,
		}),
	),
	malformed: action(
		{
			type: named('malformed'),
			what: required(
				oneOf([
					'chunk',
					'status-line',
					'headers-too-large',
					'content-length-too-small',
					'content-length-too-large',
					'content-encoding',
				]),
			),
		},
		(found) => found,
	),
	corrupt: action(
		{
			type: named('corrupt'),
			count: optional(anInteger(1, 100)),
			digest: optional(aBoolean),
		},
		({ type, count = 1, digest = true }) => ({ type, count, digest }),
	),
	substitute: action(
		{
			type: named('substitute'),
			with: required(
				oneOf(['html-200', 'empty-200', 'no-content-204', 'other-file', 'wrong-type']),
			),
			digest: optional(aBoolean),
		},
		({ type, with: what, digest = true }) => ({ type, with: what, digest }),
	),
	redirect: action(
		{
			type: named('redirect'),
			status: optional(oneOf([301, 302, 303, 307, 308])),
			hops: optional(hops),
		},
		({ type, status = 302, hops: count = 1 }) =>
			count === 'endless' ? { type, status } : { type, status, hops: count },
	),
	'keepalive-race': action({ type: named('keepalive-race') }, (found) => found),
};

const type = oneOf(Object.keys(READERS) as ActionType[]);

export const anAction: Reader<Action> = (value, pointer) => {
	if (!isObject(value)) {
		throw new ScenarioError(pointer, `found ${show(value)}; allowed is an object with "type"`);
	}
	if (!Object.hasOwn(value, 'type')) {
		throw new ScenarioError(pointer, 'the key "type" is missing');
	}
	return READERS[type(value['type'], `${pointer}/type`)](value, pointer);
};

function named<T extends ActionType>(name: T): Member<T> {
	return required(oneOf([name]));
}

function action<M extends Members>(
	members: M,
	build: (found: Values<M>) => Action,
): Reader<Action> {
	const read = anObject(members);
	return (value, pointer) => build(read(value, pointer));
}

function ending(name: 'reset' | 'close' | 'stall'): Reader<Action> {
	return action({ type: named(name), at: optional(phase) }, (found) => ({
		type: found.type,
		at: found.at ?? 'before-headers',
	}));
}
