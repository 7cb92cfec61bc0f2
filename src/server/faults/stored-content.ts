import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, deflate, gzip } from 'node:zlib';
import type { Fault } from '../../scenarios/scenario.ts';
import { readAll } from '../content/body.ts';
import type { ServedFile } from '../content/content-source.ts';
import type { Answer } from '../response.ts';

/** What a file is answered with, where it is stored or sent in another form than its own. */
export interface Stored {
	readonly answer: Answer;
	readonly file: ServedFile;
}

/** A file that is larger by zeros behind its end, and whose fields say so. */
export async function trailingAnswer(bytes: number, { answer, file }: Stored): Promise<Answer> {
	if (answer.status !== 200) {
		return answer;
	}
	return storedAnswer(file, Buffer.concat([await readAll(file.body), Buffer.alloc(bytes)]));
}

/** The file as it is where it is stored in a coding; a range is not served. */
export async function encodedAnswer(
	fault: Fault & { type: 'encoded' },
	{ answer, file }: Stored,
): Promise<Answer> {
	if (answer.status !== 200) {
		return answer;
	}
	const body = partOf(fault, await encode(file, fault.coding), file.body.length);
	if (fault.as === 'content') {
		return storedAnswer(file, body, { 'content-encoding': fault.coding });
	}
	// A transfer coding is no property of the file: its fields are its own.
	return { status: 200, headers: file.whole.headers, body };
}

/** What is stored, or sent, of content in a coding. */
export async function encodedContent(
	fault: Fault & { type: 'encoded' },
	content: Buffer,
): Promise<Buffer> {
	return partOf(fault, await ENCODE[fault.coding](content), content.length);
}

/** Half of a coding of nothing may be nothing, which is no fault. */
function partOf(
	{ broken }: Pick<Fault & { type: 'encoded' }, 'broken'>,
	whole: Buffer,
	contentBytes: number,
): Buffer {
	return broken && contentBytes > 0 ? whole.subarray(0, whole.length >> 1) : whole;
}

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

/** 200 with other content than the file's own: its entity tag and ranges are those of other bytes. */
function storedAnswer(
	file: ServedFile,
	body: Buffer,
	extra: Readonly<Record<string, string>> = {},
): Answer {
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
