import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, deflate, gzip } from 'node:zlib';
import type { Fault } from '../../scenarios/scenario.ts';
import { readAll } from '../content/body.ts';
import type { ServedFile } from '../content/content-source.ts';
import type { PreparedResponse } from '../response.ts';

/** A file and its true response. */
export interface TrueResponse {
	readonly answer: PreparedResponse;
	readonly file: ServedFile;
}

/** The file with zeros appended; its fields match the longer content. Affects 200 responses only. */
export async function trailingResponse(
	bytes: number,
	{ answer, file }: TrueResponse,
): Promise<PreparedResponse> {
	if (answer.status !== 200) {
		return answer;
	}
	return alteredResponse(file, Buffer.concat([await readAll(file.body), Buffer.alloc(bytes)]));
}

/** The file stored or sent in a coding. Affects 200 responses only. */
export async function encodedResponse(
	fault: Fault & { type: 'encoded' },
	{ answer, file }: TrueResponse,
): Promise<PreparedResponse> {
	if (answer.status !== 200) {
		return answer;
	}
	const body = cutIfBroken(fault, await encode(file, fault.coding), file.body.length);
	if (fault.as === 'content') {
		return alteredResponse(file, body, { 'content-encoding': fault.coding });
	}
	// A transfer coding does not change the representation, so its fields stay.
	return { status: 200, headers: file.whole.headers, body };
}

/** Encodes content for a fault; cut if the fault is `broken`. */
export async function encodedContent(
	fault: Fault & { type: 'encoded' },
	content: Buffer,
): Promise<Buffer> {
	return cutIfBroken(fault, await ENCODE[fault.coding](content), content.length);
}

/** Cuts encoded content in half if it is to be broken. Half of encoded empty content may be empty, and no fault. */
function cutIfBroken(
	{ broken }: Pick<Fault & { type: 'encoded' }, 'broken'>,
	whole: Buffer,
	contentBytes: number,
): Buffer {
	return broken && contentBytes > 0 ? whole.subarray(0, whole.length >> 1) : whole;
}

/** The best brotli quality takes a minute on the files that are large enough to stay on disk. */
const BROTLI_OPTIONS = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const ENCODE = {
	gzip: promisify(gzip),
	deflate: promisify(deflate),
	br: async (content: Buffer) => await promisify(brotliCompress)(content, BROTLI_OPTIONS),
};

type Coding = keyof typeof ENCODE;

/** Encoding large files is slow, and they are requested repeatedly. */
const encodedCache = new WeakMap<ServedFile, Map<Coding, Promise<Buffer>>>();

async function encode(file: ServedFile, coding: Coding): Promise<Buffer> {
	const byCoding = encodedCache.get(file) ?? new Map<Coding, Promise<Buffer>>();
	encodedCache.set(file, byCoding);
	const content = byCoding.get(coding) ?? readAll(file.body).then(ENCODE[coding]);
	byCoding.set(coding, content);
	try {
		return await content;
	} catch (error) {
		byCoding.delete(coding);
		throw error;
	}
}

/** 200 with altered content. The file's entity tag and ranges do not apply to it. */
function alteredResponse(
	file: ServedFile,
	body: Buffer,
	extra: Readonly<Record<string, string>> = {},
): PreparedResponse {
	const { etag: _tag, 'accept-ranges': _ranges, ...headers } = file.whole.headers;
	return {
		status: 200,
		headers: {
			...headers,
			...extra,
			'content-length': String(body.length),
			'repr-digest': `sha-256=:${hash('sha256', body, 'base64')}:`,
		},
		body,
	};
}
