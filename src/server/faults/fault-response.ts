import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, deflate, gzip } from 'node:zlib';
import type { Claim } from '../../scenarios/decide.ts';
import { draw } from '../../scenarios/draw.ts';
import type { Fault, RetryAfter } from '../../scenarios/scenario.ts';
import { readAll, readBytes } from '../content/body.ts';
import type { ContentSource, ServedFile } from '../content/content-source.ts';
import { type Answer, textAnswer } from '../response.ts';
import { corruptBytes } from './corrupt-bytes.ts';
import { cookieWallAnswer, type Hop, redirectAnswer } from './redirects.ts';

/** What a false answer is made from. */
export interface Truth {
	readonly answer: Answer;
	readonly file: ServedFile;
	readonly source: ContentSource;
	readonly seed: number;
	readonly attempt: number;
	/** Of the request, where it followed a redirect of ours. */
	readonly hop: Hop | undefined;
}

/**
 * The answer that a rule gives in place of the true one; faults of framing and connection come later.
 *
 * @returns At once, if no file has to be read for it.
 */
export function faultAnswer({ rule, fault }: Claim, truth: Truth): Answer | Promise<Answer> {
	switch (fault.type) {
		case 'status':
			return statusAnswer(fault.status, fault.retryAfter);
		case 'redirect':
			return redirectAnswer(fault, { ...truth, path: truth.file.path }) ?? truth.answer;
		case 'cookie-wall':
			return cookieWallAnswer({ ...truth, path: truth.file.path }) ?? truth.answer;
		case 'substitute':
			return substituteAnswer(fault, rule, truth);
		case 'corrupt': {
			const { answer } = truth;
			if (answer.body === undefined || answer.body.length === 0) {
				return answer;
			}
			const roll = roller(rule, truth);
			const body = corruptBytes(answer.body, fault.count, (index) => roll(`byte ${index}`));
			return altered(answer, { body }, fault.digest);
		}
		case 'truncate':
			return altered(truth.answer, {}, fault.digest);
		case 'malformed':
			return fault.what === 'content-encoding' ? notGzip(truth.answer) : truth.answer;
		case 'encoded':
			return encodedAnswer(fault, truth);
		case 'reset':
		case 'close':
		case 'stall':
		case 'continue':
		case 'keepalive-race':
			return truth.answer;
	}
}

export function statusAnswer(status: number, retryAfter?: RetryAfter): Answer {
	return textAnswer(status, `${status} by the scenario\n`, {
		...(retryAfter !== undefined && { 'retry-after': retryAfterValue(retryAfter) }),
	});
}

function retryAfterValue({ seconds, form }: RetryAfter): string {
	if (form === 'seconds') {
		return String(seconds);
	}
	// Dates have no fractions: rounded up, so that no client returns too early.
	return new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000).toUTCString();
}

const PORTAL =
	'<!doctype html><html><head><title>Sign in</title></head><body>Please sign in to this network.</body></html>\n';
const HTML = 'text/html; charset=utf-8';

function substituteAnswer(
	fault: Fault & { type: 'substitute' },
	rule: string,
	truth: Truth,
): Answer | Promise<Answer> {
	const digest = fault.digest ? { 'repr-digest': truth.file.reprDigest } : {};
	switch (fault.with) {
		case 'html-200':
			return textAnswer(200, PORTAL, { 'content-type': HTML, ...digest });
		case 'empty-200':
			return textAnswer(200, '', { 'content-type': truth.file.contentType, ...digest });
		case 'no-content-204':
			return { status: 204, headers: { 'cache-control': 'no-store', ...digest } };
		case 'wrong-type': {
			const headers = { ...truth.answer.headers, 'content-type': HTML };
			return altered(truth.answer, { headers }, fault.digest);
		}
		case 'other-file': {
			const other = truth.source.otherThan(truth.file, roller(rule, truth)('other file'));
			const answerWith = ({ body }: ServedFile) => {
				const length = { 'content-length': String(body.length) };
				const headers = { ...truth.file.whole.headers, ...length };
				return altered({ status: 200, headers, body }, {}, fault.digest);
			};
			return other instanceof Promise ? other.then(answerWith) : answerWith(other);
		}
	}
}

function roller(rule: string, { seed, file, attempt }: Truth): (dimension: string) => number {
	return (dimension) => draw({ seed, rule, path: file.path, attempt, dimension });
}

function altered(
	{ fields: _stale, ...answer }: Answer,
	change: Partial<Pick<Answer, 'headers' | 'body'>>,
	digest: boolean,
): Answer {
	const result = { ...answer, ...change };
	if (digest) {
		return result;
	}
	const { 'repr-digest': _withheld, ...headers } = result.headers;
	return { ...result, headers };
}

/** Says gzip, begins like gzip, and is none. */
function notGzip(answer: Answer): Answer {
	if (answer.body === undefined) {
		return answer;
	}
	// It is no gzip from its eleventh byte on; what follows makes no difference.
	const start = readBytes(answer.body, 0, NOT_GZIP_BYTES);
	const body = Buffer.concat([Buffer.from('1f8b0800000000000003', 'hex'), start]);
	const headers = {
		...answer.headers,
		'content-encoding': 'gzip',
		'content-length': String(body.length),
	};
	return altered(answer, { headers, body }, true);
}

const NOT_GZIP_BYTES = 64 * 1024;

/** What is large enough to be kept on disk would take brotli a minute at its best. */
const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const ENCODE = {
	gzip: promisify(gzip),
	deflate: promisify(deflate),
	br: async (content: Buffer) => await promisify(brotliCompress)(content, QUICK),
};

type Coding = keyof typeof ENCODE;

/** Large files take their time, and are asked for again and again. */
const encoded = new WeakMap<ServedFile, Map<Coding, Promise<Buffer>>>();

async function encode(file: ServedFile, coding: Coding): Promise<Buffer> {
	const known = encoded.get(file) ?? new Map<Coding, Promise<Buffer>>();
	encoded.set(file, known);
	const content = known.get(coding) ?? readAll(file.body).then(ENCODE[coding]);
	known.set(coding, content);
	try {
		return await content;
	} catch (error) {
		known.delete(coding);
		throw error;
	}
}

/** The file as it is where it is stored in a coding; a range is not served. */
async function encodedAnswer(
	fault: Fault & { type: 'encoded' },
	{ answer, file }: Truth,
): Promise<Answer> {
	if (answer.status !== 200 && answer.status !== 206) {
		return answer;
	}
	const whole = await encode(file, fault.coding);
	// Half of a coding of nothing may be nothing, which is no fault.
	const isBroken = fault.broken && file.body.length > 0;
	const body = isBroken ? whole.subarray(0, whole.length >> 1) : whole;
	// The file's own entity tag and ranges are those of other bytes.
	const { etag: _tag, 'accept-ranges': _ranges, ...headers } = file.whole.headers;
	return {
		status: 200,
		headers: {
			...headers,
			'content-encoding': fault.coding,
			'content-length': String(body.length),
			'repr-digest': `sha-256=:${hash('sha256', body, 'base64')}:`,
		},
		body,
	};
}
