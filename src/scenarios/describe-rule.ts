import { formatDuration, plural } from '../util/units.ts';
import type { Action, Latency, Malformation, Phase, Rule, Substitute } from './scenario.ts';

/** Describes a rule in one line: what the server does to which attempts on which files. */
export function describeRule({ match, select, attempts, action }: Rule): string {
	const files = match?.codes?.join(', ') ?? match?.path ?? 'all files';
	const chosen =
		select === undefined
			? files
			: 'exactly' in select
				? `${plural(select.exactly, 'file')}${match === undefined ? '' : ` of ${files}`}`
				: `${Math.round(select.probability * 1000) / 10} % of the attempts on ${files}`;
	return `${describeAction(action)} (${chosen}, ${attemptsOf(attempts)})`;
}

function attemptsOf({ from, to }: Rule['attempts']): string {
	if (to === undefined) {
		return from === 1 ? 'every attempt' : `from attempt ${from}`;
	}
	return from === to ? `attempt ${from}` : `attempts ${from} to ${to}`;
}

function describeAction(action: Action): string {
	switch (action.type) {
		case 'delay':
			return `waits ${describeLatency(action.time)} ${placeText(action.at)}`;
		case 'bandwidth':
			return `sends ${plural(action.bytesPerSecond, 'byte')} a second${action.after === undefined ? '' : ` ${placeText(action.after)}`}`;
		case 'status': {
			const after = action.retryAfter;
			const inSeconds = after && plural(after.seconds, 'second');
			const wait = after?.form === 'date' ? `the date in ${inSeconds}` : inSeconds;
			return `answers ${action.status}${wait === undefined ? '' : ` with Retry-After: ${wait}`}`;
		}
		case 'reset':
			return `resets the connection ${placeText(action.at)}`;
		case 'close':
			return `closes the connection ${placeText(action.at)}`;
		case 'stall':
			return `falls silent ${placeText(action.at)}`;
		case 'truncate':
			return `ends the body ${placeText(action.at)} (${action.framing})${withoutDigest(action.digest)}`;
		case 'malformed':
			return MALFORMED[action.what];
		case 'corrupt':
			return `changes ${plural(action.count, 'byte')}${withoutDigest(action.digest)}`;
		case 'substitute':
			return `${SUBSTITUTE[action.with]}${withoutDigest(action.digest)}`;
		case 'redirect':
			return action.hops === undefined
				? `redirects in a circle (${action.status})`
				: `redirects ${plural(action.hops, 'time')} (${action.status})`;
		case 'keepalive-race':
			return 'closes a connection that was used before when the next request comes';
		case 'encoded':
			return `${action.as === 'content' ? 'stores' : 'sends'} ${action.broken ? 'half of it' : 'it'} as ${action.coding} (${action.as === 'content' ? 'Content' : 'Transfer'}-Encoding)`;
		case 'range':
			return action.with === 'other-version'
				? 'answers a range with that of another version'
				: 'answers a range with 200 and no Content-Range';
		case 'trailing':
			return `has ${plural(action.bytes, 'byte')} of zeros after the file`;
		case 'restart':
			return `restarts, and is down for ${formatDuration(action.downMs)}`;
		case 'continue':
			return 'sends 100 Continue first, unasked';
		case 'cookie-wall':
			return 'redirects to itself until its cookie comes back';
	}
}

const MALFORMED: Readonly<Record<Malformation, string>> = {
	chunk: 'sends an invalid chunk',
	'status-line': 'sends an invalid status line',
	'headers-too-large': 'sends a header of 512 KiB',
	'content-length-too-small': 'announces less than it sends',
	'content-length-too-large': 'announces more than it sends',
	'content-length-twice': 'announces two lengths',
	'content-encoding': 'says gzip and sends something else',
	'bytes-after-end': 'sends more after the end of the content',
};

const SUBSTITUTE: Readonly<Record<Substitute, string>> = {
	'html-200': 'answers 200 with a page of HTML',
	'empty-200': 'answers 200 without content',
	'no-content-204': 'answers 204',
	'other-file': 'sends the file of another country',
	'wrong-type': 'calls an image HTML',
};

function withoutDigest(digest: boolean): string {
	return digest ? '' : ', without Repr-Digest';
}

function placeText(at: Phase): string {
	if (typeof at === 'string') {
		return at === 'before-headers' ? 'before the headers' : 'after the headers';
	}
	return 'fraction' in at ? `after ${at.fraction * 100} % of the body` : `after ${at.bytes} B`;
}

function describeLatency(latency: Latency): string {
	switch (latency.dist) {
		case 'constant':
			return formatDuration(latency.ms);
		case 'uniform':
			return `${formatDuration(latency.minMs)} to ${formatDuration(latency.maxMs)}`;
		case 'log-normal':
			return `${formatDuration(latency.p50Ms)} (median), ${formatDuration(latency.p99Ms)} (99 %)`;
	}
}
