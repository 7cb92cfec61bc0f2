import { UsageError } from '../util/errors.ts';
import { explainInput } from '../util/suggest.ts';

/** Request header fields; names in lower case. */
export type HeaderFields = Readonly<Record<string, string>>;

/** Fields that flagdl sets itself, or that would break the connection. */
const RESERVED: ReadonlySet<string> = new Set([
	'accept-encoding',
	'connection',
	'content-length',
	'expect',
	'if-match',
	'if-modified-since',
	'if-none-match',
	'if-range',
	'if-unmodified-since',
	'keep-alive',
	'range',
	'te',
	'trailer',
	'transfer-encoding',
	'upgrade',
]);

/** @param name - In any case. */
export function isReservedField(name: string): boolean {
	return RESERVED.has(name.toLowerCase());
}

/** Whether the value is certainly no secret. @param name - In lower case. */
export function isHarmlessField(name: string): boolean {
	return /^(?:accept(?:-.*)?|user-agent|referer)$/.test(name);
}

const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/** A token: RFC 9110, section 5.6.2. */
export function isFieldName(text: string): boolean {
	return FIELD_NAME.test(text);
}

/** RFC 9110, section 5.5; line breaks are not allowed. */
export function isFieldValue(text: string): boolean {
	return FIELD_VALUE.test(text);
}

/**
 * Checks the name of a header field from a list.
 *
 * @returns The name in lower case.
 * @throws {UsageError}
 */
export function targetFieldName(name: string): string {
	const lower = name.toLowerCase();
	// Not quoted: an invalid name may be a whole field that contains a secret.
	if (!isFieldName(name)) {
		throw new UsageError(
			explainInput(
				'no name of a header field',
				'letters, digits and dashes, such as Authorization',
			),
		);
	}
	if (isReservedField(lower)) {
		throw new UsageError(`found the header field ${name}, which flagdl sets itself`);
	}
	if (lower === 'proxy-authorization') {
		throw new UsageError(
			`found the header field ${name}, which is for the proxy; give it with --header or in --proxy`,
		);
	}
	return lower;
}

/**
 * Checks the value of a header field from a list; no message quotes it.
 *
 * @throws {UsageError}
 */
export function targetFieldValue(name: string, value: string): string {
	const trimmed = value.replace(/^[ \t]+|[ \t]+$/g, '');
	if (!isFieldValue(trimmed)) {
		const found = /[\r\n]/.test(trimmed) ? 'a line break' : 'a character that no field can have';
		throw new UsageError(
			explainInput(
				`${found} in the value of the header field ${name}`,
				'one line of Latin characters',
			),
		);
	}
	return trimmed;
}
