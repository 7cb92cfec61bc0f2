import type { BodyPhase, Phase } from '../scenario.ts';
import { anObject, isObject, required } from './object.ts';
import { aNumber, oneOf, type Reader } from './reader.ts';
import { bytes } from './units.ts';

const fraction = anObject({ fraction: required(aNumber(0, 1)) });
const size = anObject({ bytes: required(bytes) });
const word = oneOf(['before-headers', 'after-headers']);

/** `{ "fraction": 0.5 }` or `{ "bytes": "100B" }` of the body. */
export const bodyPhase: Reader<BodyPhase> = (value, pointer) =>
	isObject(value) && Object.hasOwn(value, 'bytes')
		? size(value, pointer)
		: fraction(value, pointer);

export const phase: Reader<Phase> = (value, pointer) =>
	isObject(value) ? bodyPhase(value, pointer) : word(value, pointer);
