import { bodyOffset } from './decide.ts';
import type { AttemptResult } from './plan.ts';
import type { Fault, Malformation } from './scenario.ts';

/** What a correct client makes of an attempt. */
export interface Verdict {
	readonly result: AttemptResult;
	/** Failure code, as in the client's error report. */
	readonly code?: string;
}

const OK: Verdict = { result: 'ok' };
const UNDETECTABLE: Verdict = { result: 'undetectable' };
const failed = (code: string): Verdict => ({ result: 'failed', code });
const refused = (code: string): Verdict => ({ result: 'refused', code });

/** Worth another attempt: RFC 9110, section 15; RFC 8470; and the codes of CDNs about their origin. */
const RETRYABLE_STATUSES = [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524];

/**
 * A correct client checks the framing, `Content-Length` and `Repr-Digest`, and the content type, first bytes
 * and end marker of images. It rejects empty images, requests no encoding but decodes encoded content, keeps
 * cookies within a redirect chain, and detects redirect loops.
 */
export function verdictOn(fault: Fault | undefined, file: FileTraits): Verdict {
	if (fault !== undefined && file.bytes === 0 && !affectsEmptyFile(fault)) {
		return verdictOn(undefined, file);
	}
	const verdict = verdictOnFault(fault, file);
	const isAccepted = verdict.result === 'ok' || verdict.result === 'undetectable';
	// An empty image fails even if it is the true file.
	return isAccepted && file.isImage && file.bytes === 0 ? failed('empty_body') : verdict;
}

/** Properties of a file that affect the verdict on a fault. */
export interface FileTraits {
	readonly isImage: boolean;
	/** Absent: unknown, but not 0. */
	readonly bytes?: number;
	/** Whether the server has another file of the same kind with other content. @default true */
	readonly hasOther?: boolean;
}

/** Whether a path names an image in a format that clients validate. */
export function isImagePath(path: string): boolean {
	return /\.(gif|png|jpe?g|webp|svg)$/i.test(path);
}

/** Whether a fault affects an empty file, which has no content to cut or change. */
function affectsEmptyFile(fault: Fault): boolean {
	switch (fault.type) {
		case 'reset':
		case 'close':
		case 'stall':
			return fault.at === 'before-headers';
		case 'truncate':
		case 'corrupt':
			return false;
		case 'malformed':
			return ['status-line', 'headers-too-large', 'content-encoding'].includes(fault.what);
		case 'encoded':
			return !fault.broken;
		case 'substitute':
			return fault.with !== 'empty-200';
		case 'status':
		case 'redirect':
		case 'cookie-wall':
		case 'continue':
		case 'range':
		case 'trailing':
		case 'restart':
		case 'keepalive-race':
			return true;
	}
}

function verdictOnFault(fault: Fault | undefined, file: FileTraits): Verdict {
	const { isImage } = file;
	switch (fault?.type) {
		case undefined:
		case 'keepalive-race':
		case 'continue':
		case 'cookie-wall':
		case 'range':
			return OK;
		case 'trailing':
			return UNDETECTABLE;
		case 'restart':
			return failed('connection_closed');
		case 'status':
			return verdictOnStatus(fault.status);
		case 'reset':
			return failed('ECONNRESET');
		case 'close':
			return failed(fault.at === 'before-headers' ? 'connection_closed' : 'truncated');
		case 'stall':
			return failed('stalled');
		case 'truncate':
			if (fault.framing !== 'close-delimited' || isImage) {
				return failed('truncated');
			}
			if (file.bytes !== undefined && bodyOffset(fault.at, file.bytes) === 0) {
				return failed('empty_body');
			}
			return fault.digest ? failed('digest_mismatch') : UNDETECTABLE;
		case 'malformed':
			return verdictOnMalformed(fault.what, isImage);
		case 'corrupt':
			return fault.digest ? failed('digest_mismatch') : UNDETECTABLE;
		case 'substitute':
			return verdictOnSubstitute(fault, file);
		case 'redirect':
			return fault.hops === undefined ? refused('redirect_loop') : OK;
		case 'encoded':
			return fault.broken ? failed('content_encoding') : OK;
	}
}

function verdictOnStatus(status: number): Verdict {
	const code = `http_${status}`;
	if (status === 404) {
		return { result: 'not_found', code };
	}
	return RETRYABLE_STATUSES.includes(status) ? failed(code) : refused(code);
}

function verdictOnMalformed(what: Malformation, isImage: boolean): Verdict {
	switch (what) {
		case 'chunk':
		case 'status-line':
			return failed('bad_http');
		case 'headers-too-large':
			return refused('headers_overflow');
		case 'bytes-after-end':
			return OK;
		case 'content-length-too-small':
			return failed(isImage ? 'truncated' : 'digest_mismatch');
		case 'content-length-too-large':
			return failed('truncated');
		case 'content-length-twice':
			return refused('ambiguous_framing');
		case 'content-encoding':
			return failed('content_encoding');
	}
}

function verdictOnSubstitute(
	{ with: what, digest }: Fault & { type: 'substitute' },
	{ isImage, hasOther = true }: FileTraits,
): Verdict {
	switch (what) {
		case 'empty-200':
			// An empty file with a matching length is plausible.
			return isImage || digest ? failed('empty_body') : UNDETECTABLE;
		case 'no-content-204':
			return failed('empty_body');
		case 'html-200':
			if (isImage) {
				return failed('content_type');
			}
			return digest ? failed('digest_mismatch') : UNDETECTABLE;
		case 'wrong-type':
			// The type is not checked for other files.
			return isImage ? failed('content_type') : OK;
		case 'other-file':
			if (!hasOther) {
				return OK;
			}
			return digest ? failed('digest_mismatch') : UNDETECTABLE;
	}
}
