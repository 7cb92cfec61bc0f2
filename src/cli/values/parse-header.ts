import {
	type HeaderFields,
	isFieldName,
	isFieldValue,
	isReservedField,
} from '../../targets/header-field.ts';
import { UsageError } from '../../util/errors.ts';
import { readTextFile } from '../../util/read-text-file.ts';
import { bareUrl } from '../../util/secrets.ts';
import { explainInput } from '../../util/suggest.ts';

export type Headers = HeaderFields;

const ALLOWED =
	"a name, a colon and a value in Latin characters, such as 'Accept-Language: pt', or @file with such a line for each field";

/**
 * Reads a header field such as `Authorization: Bearer …`, or the fields in a file (`@file`), and adds
 * them to those before; the last of one name wins. No message quotes a value: it may be a secret.
 *
 * @throws {UsageError}
 */
export function parseHeader(text: string, others: Headers = {}): Headers {
	if (!text.startsWith('@')) {
		return { ...others, ...parseField(text, '--header') };
	}
	const path = text.slice(1);
	let fields = others;
	for (const [index, line] of readFields(path).entries()) {
		if (line.trim() !== '') {
			fields = { ...fields, ...parseField(line, `--header: ${path}:${index + 1}`) };
		}
	}
	return fields;
}

/** Commander's parser of `--user-agent`. @throws {UsageError} If no field can have it. */
export function parseUserAgent(text: string): string {
	return parseField(`User-Agent: ${text}`, '--user-agent')['user-agent'] ?? '';
}

function readFields(path: string): string[] {
	try {
		return readTextFile(path).split(/\r?\n/);
	} catch (error) {
		// What has an @ before it by mistake is no file but a field.
		const { message, code = message } = error as NodeJS.ErrnoException;
		throw new UsageError(
			`--header: cannot read ${bareUrl(path)} (${code}); after @ goes the name of a file with a field on each line`,
			{ cause: error },
		);
	}
}

function parseField(text: string, where: string): Headers {
	const colon = text.indexOf(':');
	const name = text.slice(0, Math.max(0, colon));
	const value = text.slice(colon + 1).replace(/^[ \t]+/, '');
	if (!isFieldName(name) || !isFieldValue(value)) {
		throw new UsageError(`${where}: ${explainInput('no header field', ALLOWED)}`);
	}
	if (isReservedField(name)) {
		throw new UsageError(`${where}: found the header field ${name}, which flagdl sets itself`);
	}
	return { [name.toLowerCase()]: value.trimEnd() };
}
