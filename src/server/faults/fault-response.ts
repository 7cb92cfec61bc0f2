import type { Claim } from '../../scenarios/decide.ts';
import { draw } from '../../scenarios/draw.ts';
import type { Fault, Malformation, RetryAfter } from '../../scenarios/scenario.ts';
import { readBytes } from '../content/body.ts';
import type { ContentSource, ServedFile } from '../content/content-source.ts';
import { otherOfSameKind } from '../content/manifest.ts';
import { type PreparedResponse, textResponse } from '../response.ts';
import { corruptBytes } from './corrupt-bytes.ts';
import { cookieWallResponse, type Hop, redirectResponse } from './redirects.ts';
import { encodedResponse, trailingResponse } from './stored-content.ts';

/** An attempt that a fault may affect. */
export interface FaultedAttempt {
	readonly file: ServedFile;
	readonly source: ContentSource;
	readonly seed: number;
	readonly attempt: number;
	/** The redirect of this server that the request followed. */
	readonly hop: Hop | undefined;
}

/** The attempt and the true response that a fault alters. */
interface FaultInput extends FaultedAttempt {
	readonly answer: PreparedResponse;
}

/**
 * The response that a rule substitutes for the true one. Faults of framing and connection are applied later.
 *
 * @returns A promise if a file may have to be read.
 */
export function faultResponse(
	{ rule, fault }: Claim,
	truth: FaultInput,
): PreparedResponse | Promise<PreparedResponse> {
	switch (fault.type) {
		case 'status':
			return statusResponse(fault.status, fault.retryAfter);
		case 'redirect':
			return redirectResponse(fault, truth) ?? truth.answer;
		case 'cookie-wall':
			return cookieWallResponse(truth) ?? truth.answer;
		case 'substitute':
			return substituteResponse(fault, rule, truth);
		case 'corrupt': {
			const { answer } = truth;
			if (answer.body === undefined || answer.body.length === 0) {
				return answer;
			}
			const roll = rollFor(rule, truth);
			const body = corruptBytes(answer.body, fault.count, (index) => roll(`byte ${index}`));
			return alterResponse(answer, { body }, fault.digest);
		}
		case 'truncate':
			return alterResponse(truth.answer, {}, fault.digest);
		case 'malformed':
			return malformedResponse(fault.what, truth.answer);
		case 'encoded':
			return encodedResponse(fault, truth);
		case 'range':
			return rangeResponse(fault, rule, truth);
		case 'trailing':
			return trailingResponse(fault.bytes, truth);
		case 'reset':
		case 'close':
		case 'stall':
		case 'restart':
		case 'continue':
		case 'keepalive-race':
			return truth.answer;
	}
}

export function statusResponse(status: number, retryAfter?: RetryAfter): PreparedResponse {
	return textResponse(status, `${status} by the scenario\n`, {
		...(retryAfter !== undefined && { 'retry-after': retryAfterValue(retryAfter) }),
	});
}

function retryAfterValue({ seconds, form }: RetryAfter): string {
	if (form === 'seconds') {
		return String(seconds);
	}
	// HTTP dates have whole seconds: rounded up, so that no client retries too early.
	return new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000).toUTCString();
}

const PORTAL =
	'<!doctype html><html><head><title>Sign in</title></head><body>Please sign in to this network.</body></html>\n';
const HTML = 'text/html; charset=utf-8';

function substituteResponse(
	fault: Fault & { type: 'substitute' },
	rule: string,
	truth: FaultInput,
): PreparedResponse | Promise<PreparedResponse> {
	const digest = fault.digest ? { 'repr-digest': truth.file.reprDigest } : {};
	switch (fault.with) {
		case 'html-200':
			return textResponse(200, PORTAL, { 'content-type': HTML, ...digest });
		case 'empty-200':
			return textResponse(200, '', { 'content-type': truth.file.contentType, ...digest });
		case 'no-content-204':
			return { status: 204, headers: { 'cache-control': 'no-store', ...digest } };
		case 'wrong-type': {
			const headers = { ...truth.answer.headers, 'content-type': HTML };
			return alterResponse(truth.answer, { headers }, fault.digest);
		}
		case 'other-file':
			return otherFile(fault, rule, truth);
	}
}

async function otherFile(
	{ digest }: { readonly digest: boolean },
	rule: string,
	truth: FaultInput,
): Promise<PreparedResponse> {
	const { file, source } = truth;
	const { body } = await otherOfSameKind(source, file, rollFor(rule, truth)('other file'));
	const headers = { ...file.whole.headers, 'content-length': String(body.length) };
	return alterResponse({ status: 200, headers, body }, {}, digest);
}

function rollFor(rule: string, { seed, file, attempt }: FaultInput): (dimension: string) => number {
	return (dimension) => draw({ seed, rule, path: file.path, attempt, dimension });
}

function alterResponse(
	{ fields: _stale, ...answer }: PreparedResponse,
	change: Partial<Pick<PreparedResponse, 'headers' | 'body'>>,
	digest: boolean,
): PreparedResponse {
	const result = { ...answer, ...change };
	if (digest) {
		return result;
	}
	const { 'repr-digest': _withheld, ...headers } = result.headers;
	return { ...result, headers };
}

function malformedResponse(what: Malformation, answer: PreparedResponse): PreparedResponse {
	if (what === 'content-encoding') {
		return fakeGzip(answer);
	}
	if (what === 'content-length-too-large') {
		// The body is complete: a client that resumed it would request a range beyond its end.
		const { etag: _tag, 'last-modified': _date, 'accept-ranges': _, ...headers } = answer.headers;
		return alterResponse(answer, { headers }, true);
	}
	return answer;
}

/** A body with a gzip header and `Content-Encoding: gzip` that is not valid gzip. */
function fakeGzip(answer: PreparedResponse): PreparedResponse {
	if (answer.body === undefined) {
		return answer;
	}
	// Decoding fails after the 10-byte header, so the start of the file is enough.
	const start = readBytes(answer.body, 0, FAKE_GZIP_BYTES);
	const body = Buffer.concat([Buffer.from('1f8b0800000000000003', 'hex'), start]);
	const headers = {
		...answer.headers,
		'content-encoding': 'gzip',
		'content-length': String(body.length),
	};
	return alterResponse(answer, { headers, body }, true);
}

const FAKE_GZIP_BYTES = 64 * 1024;

/** Affects 206 responses only. */
async function rangeResponse(
	fault: Fault & { type: 'range' },
	rule: string,
	truth: FaultInput,
): Promise<PreparedResponse> {
	const { answer, file, source } = truth;
	if (answer.status !== 206) {
		return answer;
	}
	if (fault.with === 'slice-as-200') {
		const { 'content-range': _range, ...headers } = answer.headers;
		return { ...answer, status: 200, headers };
	}
	const [, first = '0'] = /^bytes (\d+)-/.exec(answer.headers['content-range'] ?? '') ?? [];
	const other = await otherOfSameKind(source, file, rollFor(rule, truth)('other version'));
	// Beyond the end of a shorter version, send its last byte.
	const start = Math.min(Number(first), other.body.length - 1);
	const body = other.body.subarray(start);
	return {
		status: 206,
		headers: {
			...other.whole.headers,
			'content-range': `bytes ${start}-${other.body.length - 1}/${other.body.length}`,
			'content-length': String(body.length),
		},
		body,
	};
}
