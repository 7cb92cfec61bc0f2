import {
	type HeaderFields,
	isFieldName,
	isFieldValue,
	isReservedField,
	targetFieldValue,
} from '../../targets/header-field.ts';
import { UsageError } from '../../util/errors.ts';
import { readTextFile } from '../../util/read-text-file.ts';
import { bareUrl } from '../../util/secrets.ts';
import { explainInput } from '../../util/suggest.ts';
import { flag, group, option, type Typed, withOptionName } from './option.ts';
import { parseResolve } from './values.ts';

/** Options for header fields, identity, and routing of requests. */
export const httpOptions = () =>
	group('HTTP:', {
		// Without a default, like all repeatable options.
		header: option(
			'-H, --header <field>',
			"a field to send to the origins of the list, 'Name: value', or @file with one per line (repeatable)",
			parseHeader,
		) as Typed<HeaderFields>,
		userAgent: option('-A, --user-agent <text>', 'User-Agent to send', parseUserAgent),
		// `name:password`, or only the name until the password is entered.
		user: option(
			'-u, --user <name:password>',
			'login for the origins of the list; asks for a missing password',
		),
		netrc: netrcOption(),
		cookies: option(
			'--cookies <file>',
			'send the cookies of a file in Netscape format (cookies.txt)',
		),
		proxy: option(
			'-x, --proxy <url>',
			'http://, https://, socks5:// or socks5h:// (default: http_proxy, https_proxy, all_proxy, no_proxy)',
		),
		resolve: option(
			'--resolve <host:port:address>',
			'use this address for that host and port; * is any host (repeatable)',
			parseResolve,
		),
		cacert: option(
			'--cacert <file>',
			'CA certificates to trust instead of the built-in ones (PEM)',
		),
		cert: option('--cert <file>', 'client certificate (PEM), with or without its key'),
		key: option('--key <file>', 'private key of --cert (PEM, no passphrase)'),
		compressed: flag(
			'--compressed',
			'request gzip, deflate or br; encoded content is always decoded',
		),
		raw: flag('--raw', 'save encoded content as sent, without decoding it'),
		contentCheck: flag(
			'--no-content-check',
			'do not check the type and structure of images',
		) as Typed<boolean>,
		insecure: flag('-k, --insecure', 'accept any certificate, and redirects from https to http'),
	});

/** True stands for `~/.netrc`. */
function netrcOption(): Typed<string | true | undefined> {
	return option('--netrc [file]', 'read logins from a netrc file (default: ~/.netrc)');
}

const ALLOWED =
	"a name, a colon and a value in Latin characters, such as 'Accept-Language: pt', or @file with such a line for each field";

/**
 * Parses a header field such as `Authorization: Bearer …`, or the fields in a file (`@file`), and adds them to the
 * previous ones; the last field of a name wins. No message quotes a value, which may be a secret.
 *
 * @throws {UsageError}
 */
export function parseHeader(text: string, others: HeaderFields = {}): HeaderFields {
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

/** @throws {UsageError} If it is not a valid field value. */
function parseUserAgent(text: string): string {
	return withOptionName('--user-agent', () => targetFieldValue('User-Agent', text));
}

function readFields(path: string): string[] {
	try {
		return readTextFile(path).split(/\r?\n/);
	} catch (error) {
		// With an `@` by mistake, this is a header field, whose value must not be shown.
		const { message, code = message } = error as NodeJS.ErrnoException;
		throw new UsageError(
			`--header: cannot read ${bareUrl(path)} (${code}); after @ goes the name of a file with a field on each line`,
			{ cause: error },
		);
	}
}

function parseField(text: string, source: string): HeaderFields {
	const colon = text.indexOf(':');
	const name = text.slice(0, Math.max(0, colon));
	const value = text.slice(colon + 1).replace(/^[ \t]+/, '');
	if (!isFieldName(name) || !isFieldValue(value)) {
		throw new UsageError(`${source}: ${explainInput('no header field', ALLOWED)}`);
	}
	if (isReservedField(name)) {
		throw new UsageError(`${source}: found the header field ${name}, which flagdl sets itself`);
	}
	return { [name.toLowerCase()]: value.trimEnd() };
}
